"""A plain recurrent cell (Elman, 1990): h = activation(a + b + v), with a the sums of input and
state by their weights, b and v biases, and tanh or relu for the activation. Its gradient is taken
from h:

    da = dh (1 - h^2) for tanh,   da = dh where h > 0 for relu
"""

import triton
import triton.language as tl
from lstm import gate_sum
from triton.language.extra import libdevice


@triton.jit
def rnn_forward_kernel(
    sums_ptr,
    bias_ptr,  # or None
    state_bias_ptr,  # or None
    h_ptr,  # may be sums
    n_rows,
    n_cols,
    stride_sums,
    stride_h,
    IS_RELU: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK_ROWS: tl.constexpr,
    BLOCK_COLS: tl.constexpr,
):
    rows = tl.program_id(axis=0) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)
    cols = tl.program_id(axis=1) * BLOCK_COLS + tl.arange(0, BLOCK_COLS)
    mask_cols = cols < n_cols
    mask = (rows < n_rows)[:, None] & mask_cols[None, :]
    wide = rows.to(tl.int64)[:, None]
    sums = sums_ptr + wide * stride_sums + cols[None, :]
    a = gate_sum(sums, bias_ptr, state_bias_ptr, cols, mask, mask_cols, COMPUTE)
    if IS_RELU:
        h = tl.where(a < 0.0, 0.0, a)
    else:
        h = libdevice.tanh(a)
    tl.store(h_ptr + wide * stride_h + cols[None, :], h, mask=mask)


@triton.jit
def rnn_backward_kernel(
    dh_ptr,
    h_ptr,
    dsums_ptr,  # may be dh
    n_rows,
    n_cols,
    stride_dh,
    stride_h,
    stride_dsums,
    IS_RELU: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK_ROWS: tl.constexpr,
    BLOCK_COLS: tl.constexpr,
):
    rows = tl.program_id(axis=0) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)
    cols = tl.program_id(axis=1) * BLOCK_COLS + tl.arange(0, BLOCK_COLS)
    mask = (rows < n_rows)[:, None] & (cols < n_cols)[None, :]
    wide = rows.to(tl.int64)[:, None]
    dh = tl.load(dh_ptr + wide * stride_dh + cols[None, :], mask=mask, other=0.0).to(COMPUTE)
    h = tl.load(h_ptr + wide * stride_h + cols[None, :], mask=mask, other=0.0).to(COMPUTE)
    if IS_RELU:
        dsums = tl.where(h > 0.0, dh, 0.0)
    else:
        dsums = dh * (1.0 - h * h)
    tl.store(dsums_ptr + wide * stride_dsums + cols[None, :], dsums, mask=mask)
