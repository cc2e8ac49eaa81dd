import triton
import triton.language as tl


@triton.jit
def scale_and_sum(x_ptr, out_ptr, sum_ptr, n, factor: tl.float32, BLOCK: tl.constexpr):
    offsets = tl.arange(0, BLOCK)
    mask = offsets < n
    x = tl.load(x_ptr + offsets, mask=mask, other=0.0)
    y = tl.exp(x * factor)
    tl.store(out_ptr + offsets, y, mask=mask)
    tl.store(sum_ptr, tl.sum(tl.where(mask, y, 0.0)))
