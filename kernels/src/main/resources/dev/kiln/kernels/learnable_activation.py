"""Activations with a number that is learned, one for all or one for each channel.

prelu    x, or a x below 0      He et al., "Delving Deep into Rectifiers", 2015
sigmoid  1 / (1 + exp(-a x))
swish    x / (1 + exp(-a x))    Ramachandran et al., "Searching for Activation Functions", 2017

x is a matrix without gaps. Its channels are its columns, or row r is of channel r % n_channels.
The gradient of a is the sum of dy times the derivative by a over all elements of its channel. A
program leaves one sum for each of its columns or rows; add_up_rows_kernel adds up the rest, always
in the same order.
"""

import triton
import triton.language as tl


@triton.jit
def learnable_value(x, a, FUNCTION: tl.constexpr):
    if FUNCTION == "prelu":
        y = tl.where(x <= 0.0, a * x, x)
    elif FUNCTION == "sigmoid":
        y = tl.sigmoid(a * x)
    else:
        y = x * tl.sigmoid(a * x)
    return y


@triton.jit
def learnable_gradients(x, a, dy, FUNCTION: tl.constexpr):
    if FUNCTION == "prelu":
        dx = tl.where(x <= 0.0, a * dy, dy)
        da = tl.where(x <= 0.0, dy * x, 0.0)
    else:
        s = tl.sigmoid(a * x)
        slope = dy * s * (1.0 - s)
        if FUNCTION == "sigmoid":
            dx = a * slope
            da = x * slope
        else:
            dx = dy * s + a * x * slope
            da = x * x * slope
    return dx, da


@triton.jit
def learnable_forward_kernel(
    x_ptr,
    a_ptr,
    y_ptr,
    n_rows,
    n_cols,
    n_channels,
    FUNCTION: tl.constexpr,
    BY_COLUMN: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK_ROWS: tl.constexpr,
    BLOCK_COLS: tl.constexpr,
):
    rows = tl.program_id(axis=0) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)
    cols = tl.program_id(axis=1) * BLOCK_COLS + tl.arange(0, BLOCK_COLS)
    mask = (rows < n_rows)[:, None] & (cols < n_cols)[None, :]
    if BY_COLUMN:
        a = tl.load(a_ptr + cols, mask=cols < n_cols, other=0.0).to(COMPUTE)[None, :]
    else:
        a = tl.load(a_ptr + rows % n_channels).to(COMPUTE)[:, None]
    offsets = rows.to(tl.int64)[:, None] * n_cols + cols[None, :]
    x = tl.load(x_ptr + offsets, mask=mask, other=0.0).to(COMPUTE)
    tl.store(y_ptr + offsets, learnable_value(x, a, FUNCTION), mask=mask)


@triton.jit
def learnable_backward_kernel(
    x_ptr,
    a_ptr,
    dy_ptr,
    dx_ptr,
    sums_ptr,  # of COMPUTE: a row for each program along the axis that it adds up
    n_rows,
    n_cols,
    n_channels,
    blocks_of_program,  # along rows if the channels are columns, otherwise along columns
    FUNCTION: tl.constexpr,
    BY_COLUMN: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK_ROWS: tl.constexpr,
    BLOCK_COLS: tl.constexpr,
):
    part = tl.program_id(axis=0).to(tl.int64)
    if BY_COLUMN:
        cols = tl.program_id(axis=1) * BLOCK_COLS + tl.arange(0, BLOCK_COLS)
        a = tl.load(a_ptr + cols, mask=cols < n_cols, other=0.0).to(COMPUTE)[None, :]
        sums = tl.zeros((BLOCK_COLS,), dtype=COMPUTE)
    else:
        rows = tl.program_id(axis=1) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)
        a = tl.load(a_ptr + rows % n_channels).to(COMPUTE)[:, None]
        sums = tl.zeros((BLOCK_ROWS,), dtype=COMPUTE)
    for i in range(0, blocks_of_program):
        block = tl.program_id(axis=0) * blocks_of_program + i
        if BY_COLUMN:
            rows = block * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)
        else:
            cols = block * BLOCK_COLS + tl.arange(0, BLOCK_COLS)
        mask = (rows < n_rows)[:, None] & (cols < n_cols)[None, :]
        offsets = rows.to(tl.int64)[:, None] * n_cols + cols[None, :]
        x = tl.load(x_ptr + offsets, mask=mask, other=0.0).to(COMPUTE)
        dy = tl.load(dy_ptr + offsets, mask=mask, other=0.0).to(COMPUTE)
        dx, da = learnable_gradients(x, a, dy, FUNCTION)
        tl.store(dx_ptr + offsets, dx, mask=mask)
        sums += tl.sum(da, axis=0 if BY_COLUMN else 1)
    if BY_COLUMN:
        tl.store(sums_ptr + part * n_cols + cols, sums, mask=cols < n_cols)
    else:
        tl.store(sums_ptr + part * n_rows + rows, sums, mask=rows < n_rows)
