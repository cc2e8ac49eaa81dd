"""Dropout whose mask is computed, not stored; optionally added to a residual.

Element i is kept if number offset + i of the Philox sequence of seed exceeds p; what is kept is
divided by 1 - p. The backward pass is the same kernel on the gradients, with the same seed and
offset and without a residual, whose own gradient is that of y. Salmon et al., "Parallel Random
Numbers: As Easy as 1, 2, 3", 2011.
"""

import triton
import triton.language as tl


@triton.jit(do_not_specialize=["seed", "offset"])
def dropout_kernel(
    x_ptr,
    residual_ptr,  # or None
    y_ptr,
    n,
    p,
    scale,  # 1 / (1 - p)
    seed: tl.int64,
    offset: tl.int64,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
):
    offsets = tl.program_id(axis=0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    x = tl.load(x_ptr + offsets, mask=mask, other=0.0).to(COMPUTE)
    keep = tl.rand(seed, offset + offsets) > p
    y = tl.where(keep, x * scale, 0.0)
    if residual_ptr is not None:
        y += tl.load(residual_ptr + offsets, mask=mask, other=0.0).to(COMPUTE)
    tl.store(y_ptr + offsets, y, mask=mask)
