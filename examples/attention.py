import triton
import triton.language as tl


@triton.jit
def attention(q_ptr, k_ptr, v_ptr, out_ptr, length, scale,
              HEAD: tl.constexpr, ROWS: tl.constexpr, KEYS: tl.constexpr):
    """softmax(q @ k.T * scale) @ v for one head: matrices of length by HEAD, row-major."""
    rows = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    keys = tl.arange(0, KEYS)
    columns = tl.arange(0, HEAD)
    there = rows[:, None] < length
    places = rows[:, None] * HEAD + columns
    q = tl.load(q_ptr + places, mask=there, other=0.0)
    largest = tl.full([ROWS], float("-inf"), tl.float32)
    total = tl.zeros([ROWS], tl.float32)
    result = tl.zeros([ROWS, HEAD], tl.float32)
    for first in range(0, length, KEYS):
        inside = first + keys < length
        steps = (first + keys)[:, None] * HEAD + columns
        k = tl.load(k_ptr + steps, mask=inside[:, None], other=0.0)
        scores = tl.dot(q, k.T) * (scale * 1.4426950408889634)
        scores = tl.where(inside, scores, float("-inf"))
        larger = tl.maximum(largest, tl.max(scores, 1))
        weights = tl.exp2(scores - larger[:, None])
        shrink = tl.exp2(largest - larger)
        total = total * shrink + tl.sum(weights, 1)
        v = tl.load(v_ptr + steps, mask=inside[:, None], other=0.0)
        result = tl.dot(weights.to(v.dtype), v, result * shrink[:, None])
        largest = larger
    tl.store(out_ptr + places, (result / total[:, None]).to(q.dtype), mask=there)
