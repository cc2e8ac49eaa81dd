"""Looks for numbers that are not finite."""

import triton
import triton.language as tl


@triton.jit
def find_inf_kernel(
    x_ptr,
    found_inf_ptr,  # fp32: one number, set to 1 if x has an infinity or NaN, else left alone
    n,
    BLOCK: tl.constexpr,
):
    offsets = tl.program_id(axis=0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offsets, mask=offsets < n, other=0.0).to(tl.float32)
    # x - x is 0 for a finite x and NaN otherwise.
    bad = tl.max(tl.where(x - x == 0.0, 0, 1), axis=0)
    # Programs that write at all write the same.
    tl.store(found_inf_ptr, 1.0, mask=bad != 0)
