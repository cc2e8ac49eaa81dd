"""What forward and backward attention share: scores, what a query sees, dropout, the ranges of keys.

Scores are kept in units of log 2, so that softmax is a power of two: s = log2(e) S with

    S = cap tanh(scale q.k / cap)  (or scale q.k without a cap)  - slope |distance|  + bias

The caller folds the constants: score_scale is scale / cap and score_cap is cap log2(e); without a
cap score_scale is scale log2(e).

Query i stands at position i + shift among the keys. It sees key j if i + shift - left <= j and
j <= i + shift + right; causal attention is right = 0.
"""

import triton
import triton.language as tl
from triton.language.extra import libdevice

LOG2_E = tl.constexpr(1.4426950408889634)
LN_2 = tl.constexpr(0.6931471805599453)


@triton.jit
def attention_scores(
    products,  # q.k
    rows,  # positions of the queries among the keys, shaped to broadcast
    cols,  # keys, likewise
    bias_ptrs,
    bias_mask,
    score_scale,
    score_cap,
    slope,
    HAS_CAP: tl.constexpr,
    HAS_SLOPE: tl.constexpr,
    HAS_BIAS: tl.constexpr,
    COMPUTE: tl.constexpr,
):
    """The scores, and the derivative of the soft cap (1 without one)."""
    scores = products * score_scale
    derivative = 1.0
    if HAS_CAP:
        bent = libdevice.tanh(scores)
        derivative = 1.0 - bent * bent
        scores = bent * score_cap
    if HAS_SLOPE:
        scores = scores - slope * tl.abs(rows - cols).to(COMPUTE)
    if HAS_BIAS:
        bias = tl.load(bias_ptrs, mask=bias_mask, other=0.0).to(COMPUTE)
        scores = scores + bias * LOG2_E
    return scores, derivative


@triton.jit
def is_seen(rows, cols, left, right, HAS_LEFT: tl.constexpr, HAS_RIGHT: tl.constexpr, seen):
    """Which of the keys in `seen` the window leaves."""
    if HAS_LEFT:
        seen = seen & (cols >= rows - left)
    if HAS_RIGHT:
        seen = seen & (cols <= rows + right)
    return seen


@triton.jit
def is_kept(seed, first, rows, cols, row_length, p):
    """Dropout: whether number first + row * row_length + column of the seed's sequence exceeds p."""
    return tl.rand(seed, first + rows.to(tl.int64) * row_length + cols) > p


@triton.jit
def visible_keys(
    first,  # position of the first of the queries
    last,  # of the last
    n_keys,
    left,
    right,
    HAS_LEFT: tl.constexpr,
    HAS_RIGHT: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Blocks of keys that a block of queries sees: start, start and end of those that every query
    sees whole, end."""
    begin = 0
    whole_begin = 0
    end = n_keys
    whole_end = n_keys // BLOCK * BLOCK
    if HAS_LEFT:
        begin = min(max(first - left, 0) // BLOCK * BLOCK, n_keys)
        whole_begin = tl.cdiv(max(last - left, 0), BLOCK) * BLOCK
    if HAS_RIGHT:
        end = max(min(last + right + 1, n_keys), begin)
        whole_end = min(max(first + right + 1, 0) // BLOCK * BLOCK, whole_end)
    end = tl.cdiv(end, BLOCK) * BLOCK
    whole_begin = min(whole_begin, end)
    whole_end = max(whole_end, whole_begin)
    return begin, whole_begin, whole_end, end


@triton.jit
def sequence(starts_ptr, batch, length):
    """First row and length of a sequence; all are alike without starts."""
    if starts_ptr is None:
        return 0, length
    else:
        start = tl.load(starts_ptr + batch).to(tl.int32)
        return start, tl.load(starts_ptr + batch + 1).to(tl.int32) - start
