"""Sums of a matrix's columns: the gradient of a bias. Always added up in the same order."""

import triton
import triton.language as tl


@triton.jit
def column_sums_kernel(
    x_ptr,
    sums_ptr,
    n_rows,
    n_cols,
    stride_row,
    stride_col,
    ACCUMULATE: tl.constexpr,  # add to what is there
    COMPUTE: tl.constexpr,
    BLOCK_ROWS: tl.constexpr,
    BLOCK_COLS: tl.constexpr,
):
    cols = tl.program_id(axis=0) * BLOCK_COLS + tl.arange(0, BLOCK_COLS)
    mask_cols = cols < n_cols
    sums = tl.zeros((BLOCK_COLS,), dtype=COMPUTE)
    for start in range(0, n_rows, BLOCK_ROWS):
        rows = start + tl.arange(0, BLOCK_ROWS)
        x_ptrs = x_ptr + rows[:, None] * stride_row + cols[None, :] * stride_col
        mask = (rows < n_rows)[:, None] & mask_cols[None, :]
        x = tl.load(x_ptrs, mask=mask, other=0.0).to(COMPUTE)
        sums += tl.sum(x, axis=0)
    if ACCUMULATE:
        sums += tl.load(sums_ptr + cols, mask=mask_cols, other=0.0).to(COMPUTE)
    tl.store(sums_ptr + cols, sums, mask=mask_cols)
