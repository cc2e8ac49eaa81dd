"""y = activation(x + bias), forward and backward; the bias belongs to the columns.

Backward, with dy the gradient of y:

    dx    = dy activation'(x + bias)
    dbias = sum of dx over the rows

The sums are made in two steps, always in the same order: a program adds up the rows that it works
on, in COMPUTE, and leaves one row of sums; a second kernel adds up those rows.
"""

import triton
import triton.language as tl
from activation import activation_gradient, apply_activation


@triton.jit
def bias_activation_forward_kernel(
    x_ptr,
    bias_ptr,
    y_ptr,
    n_rows,
    n_cols,
    stride_x,
    stride_y,
    a,  # the activation's numbers
    b,
    ACTIVATION: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK_ROWS: tl.constexpr,
    BLOCK_COLS: tl.constexpr,
):
    rows = tl.program_id(axis=0) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)
    cols = tl.program_id(axis=1) * BLOCK_COLS + tl.arange(0, BLOCK_COLS)
    mask_cols = cols < n_cols
    mask = (rows < n_rows)[:, None] & mask_cols[None, :]
    wide = rows.to(tl.int64)[:, None]
    bias = tl.load(bias_ptr + cols, mask=mask_cols, other=0.0).to(COMPUTE)
    x = tl.load(x_ptr + wide * stride_x + cols[None, :], mask=mask, other=0.0).to(COMPUTE)
    y = apply_activation(x + bias[None, :], ACTIVATION, a, b)
    tl.store(y_ptr + wide * stride_y + cols[None, :], y, mask=mask)


@triton.jit
def bias_activation_backward_kernel(
    x_ptr,
    bias_ptr,
    dy_ptr,
    dx_ptr,
    sums_ptr,  # a row of n_cols numbers of COMPUTE for each program along axis 0
    n_rows,
    n_cols,
    rows_of_program,  # a multiple of BLOCK_ROWS
    stride_x,
    stride_dy,
    stride_dx,
    a,
    b,
    ACTIVATION: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK_ROWS: tl.constexpr,
    BLOCK_COLS: tl.constexpr,
):
    pid = tl.program_id(axis=0)
    cols = tl.program_id(axis=1) * BLOCK_COLS + tl.arange(0, BLOCK_COLS)
    mask_cols = cols < n_cols
    bias = tl.load(bias_ptr + cols, mask=mask_cols, other=0.0).to(COMPUTE)
    sums = tl.zeros((BLOCK_COLS,), dtype=COMPUTE)
    first = pid * rows_of_program
    for start in range(first, min(first + rows_of_program, n_rows), BLOCK_ROWS):
        rows = start + tl.arange(0, BLOCK_ROWS)
        mask = (rows < n_rows)[:, None] & mask_cols[None, :]
        wide = rows.to(tl.int64)[:, None]
        x = tl.load(x_ptr + wide * stride_x + cols[None, :], mask=mask, other=0.0).to(COMPUTE)
        dy = tl.load(dy_ptr + wide * stride_dy + cols[None, :], mask=mask, other=0.0).to(COMPUTE)
        dx = activation_gradient(x + bias[None, :], dy, ACTIVATION, a, b)
        tl.store(dx_ptr + wide * stride_dx + cols[None, :], dx, mask=mask)
        sums += tl.sum(dx, axis=0)
    tl.store(sums_ptr + pid.to(tl.int64) * n_cols + cols, sums, mask=mask_cols)


@triton.jit
def add_up_rows_kernel(
    sums_ptr,  # n_rows rows of n_cols numbers
    y_ptr,  # n_cols numbers
    n_rows,
    n_cols,
    BLOCK_COLS: tl.constexpr,
):
    cols = tl.program_id(axis=0) * BLOCK_COLS + tl.arange(0, BLOCK_COLS)
    mask = cols < n_cols
    y = tl.zeros((BLOCK_COLS,), dtype=sums_ptr.dtype.element_ty)
    for row in range(0, n_rows):
        offsets = row.to(tl.int64) * n_cols + cols
        y += tl.load(sums_ptr + offsets, mask=mask, other=0.0)
    tl.store(y_ptr + cols, y, mask=mask)
