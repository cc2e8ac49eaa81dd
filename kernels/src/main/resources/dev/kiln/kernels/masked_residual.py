"""Differences that count only where a mask says so, and their squares: the loss of known ratings."""

import triton
import triton.language as tl


@triton.jit
def masked_residual_kernel(
    prediction_ptr,
    target_ptr,  # of any content where the mask is 0, NaN too
    mask_ptr,
    offset_ptr,  # one number for each column, added to the prediction; or None
    residual_ptr,
    squares_ptr,  # receives the sum of squares of each row; or None
    n_rows,
    n_cols,
    stride_prediction,
    stride_target,
    stride_mask,
    stride_residual,
    COMPUTE: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    rows = tl.program_id(axis=0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    row_mask = rows < n_rows
    sums = tl.zeros((ROWS,), dtype=COMPUTE)
    for start in range(0, n_cols, BLOCK):
        cols = start + tl.arange(0, BLOCK)
        inside = row_mask[:, None] & (cols < n_cols)[None, :]
        mask_ptrs = mask_ptr + rows[:, None] * stride_mask + cols[None, :]
        known = tl.load(mask_ptrs, mask=inside, other=0) != 0
        prediction_ptrs = prediction_ptr + rows[:, None] * stride_prediction + cols[None, :]
        prediction = tl.load(prediction_ptrs, mask=known, other=0.0).to(COMPUTE)
        if offset_ptr is not None:
            offset = tl.load(offset_ptr + cols, mask=cols < n_cols, other=0.0).to(COMPUTE)
            prediction += offset[None, :]
        target_ptrs = target_ptr + rows[:, None] * stride_target + cols[None, :]
        target = tl.load(target_ptrs, mask=known, other=0.0).to(COMPUTE)
        residual = tl.where(known, prediction - target, 0.0)
        residual_ptrs = residual_ptr + rows[:, None] * stride_residual + cols[None, :]
        tl.store(residual_ptrs, residual, mask=inside)
        sums += tl.sum(residual * residual, axis=1)
    if squares_ptr is not None:
        tl.store(squares_ptr + rows, sums, mask=row_mask)
