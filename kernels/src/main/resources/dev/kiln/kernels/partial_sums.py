"""The second step of sums that several programs made in parts: adds up the parts in order."""

import triton
import triton.language as tl


@triton.jit
def partial_sums_kernel(
    parts_ptr,  # n_parts dense rows of n_cols numbers in COMPUTE
    sums_ptr,  # n_cols numbers
    n_parts,
    n_cols,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
):
    cols = tl.program_id(axis=0) * BLOCK + tl.arange(0, BLOCK)
    sums = tl.zeros((BLOCK,), dtype=COMPUTE)
    for part in range(0, n_parts):
        row = parts_ptr + part.to(tl.int64) * n_cols
        sums += tl.load(row + cols, mask=cols < n_cols, other=0.0)
    tl.store(sums_ptr + cols, sums, mask=cols < n_cols)
