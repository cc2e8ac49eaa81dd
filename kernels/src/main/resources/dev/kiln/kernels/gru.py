"""The gates of a GRU, forward and backward in one launch each.

With a the sums of the input and u those of the state by their weights, in PyTorch's order r, z, n:

    r = sigmoid(a_r + b_r + u_r + v_r)
    z = sigmoid(a_z + b_z + u_z + v_z)
    n = tanh(a_n + b_n + r (u_n + v_n))
    h = (1 - z) n + z h_prev

(Cho et al., 2014, with the reset gate applied after the product, as cuDNN has it.) b and v are
biases. The backward pass needs r, z, n and m = u_n + v_n:

    da_n = dh (1 - z) (1 - n^2)            du_n = da_n r
    da_z = du_z = dh (h_prev - n) z (1 - z)
    da_r = du_r = da_n m r (1 - r)
    dh_prev = dh z + du times the weights

A row of sums holds the three gates, each of n_cols columns.
"""

import triton
import triton.language as tl
from lstm import gate_part, gate_sum, load_parts, store_parts
from triton.language.extra import libdevice


@triton.jit
def gru_forward_kernel(
    sums_ptr,  # of the input
    state_sums_ptr,
    bias_ptr,  # of three gates; or None
    state_bias_ptr,  # likewise
    h_prev_ptr,
    gates_ptr,  # receives r, z, n, m; or None
    h_ptr,  # may be h_prev
    n_rows,
    n_cols,
    stride_sums,
    stride_state_sums,
    stride_h_prev,
    stride_gates,
    stride_h,
    COMPUTE: tl.constexpr,
    BLOCK_ROWS: tl.constexpr,
    BLOCK_COLS: tl.constexpr,
):
    rows = tl.program_id(axis=0) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)
    cols = tl.program_id(axis=1) * BLOCK_COLS + tl.arange(0, BLOCK_COLS)
    mask_cols = cols < n_cols
    mask = (rows < n_rows)[:, None] & mask_cols[None, :]
    wide = rows.to(tl.int64)[:, None]
    a = sums_ptr + wide * stride_sums + cols[None, :]
    u = state_sums_ptr + wide * stride_state_sums + cols[None, :]
    b_r, v_r = gate_part(bias_ptr, 0, n_cols), gate_part(state_bias_ptr, 0, n_cols)
    b_z, v_z = gate_part(bias_ptr, 1, n_cols), gate_part(state_bias_ptr, 1, n_cols)
    b_n, v_n = gate_part(bias_ptr, 2, n_cols), gate_part(state_bias_ptr, 2, n_cols)
    a_r = gate_sum(a, b_r, None, cols, mask, mask_cols, COMPUTE)
    a_z = gate_sum(a + n_cols, b_z, None, cols, mask, mask_cols, COMPUTE)
    a_n = gate_sum(a + 2 * n_cols, b_n, None, cols, mask, mask_cols, COMPUTE)
    u_r = gate_sum(u, v_r, None, cols, mask, mask_cols, COMPUTE)
    u_z = gate_sum(u + n_cols, v_z, None, cols, mask, mask_cols, COMPUTE)
    m = gate_sum(u + 2 * n_cols, v_n, None, cols, mask, mask_cols, COMPUTE)
    h_prev = tl.load(h_prev_ptr + wide * stride_h_prev + cols[None, :], mask=mask, other=0.0)
    r = tl.sigmoid(a_r + u_r)
    z = tl.sigmoid(a_z + u_z)
    n = libdevice.tanh(a_n + r * m)
    if gates_ptr is not None:
        gates = gates_ptr + wide * stride_gates + cols[None, :]
        store_parts(gates, n_cols, r, z, n, m, mask)
    h = (1.0 - z) * n + z * h_prev.to(COMPUTE)
    tl.store(h_ptr + wide * stride_h + cols[None, :], h, mask=mask)


@triton.jit
def gru_backward_kernel(
    dh_ptr,
    gates_ptr,  # r, z, n, m
    h_prev_ptr,
    dsums_ptr,  # receives the gradients of the sums of the input
    dstate_sums_ptr,  # and of those of the state
    dh_prev_ptr,  # receives dh z; may be dh
    n_rows,
    n_cols,
    stride_dh,
    stride_gates,
    stride_h_prev,
    stride_dsums,
    stride_dstate_sums,
    stride_dh_prev,
    COMPUTE: tl.constexpr,
    BLOCK_ROWS: tl.constexpr,
    BLOCK_COLS: tl.constexpr,
):
    rows = tl.program_id(axis=0) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)
    cols = tl.program_id(axis=1) * BLOCK_COLS + tl.arange(0, BLOCK_COLS)
    mask = (rows < n_rows)[:, None] & (cols < n_cols)[None, :]
    wide = rows.to(tl.int64)[:, None]
    gates = gates_ptr + wide * stride_gates + cols[None, :]
    r, z, n, m = load_parts(gates, n_cols, mask, COMPUTE)
    h_prev = tl.load(h_prev_ptr + wide * stride_h_prev + cols[None, :], mask=mask, other=0.0)
    dh = tl.load(dh_ptr + wide * stride_dh + cols[None, :], mask=mask, other=0.0).to(COMPUTE)
    da_n = dh * (1.0 - z) * (1.0 - n * n)
    da_z = dh * (h_prev.to(COMPUTE) - n) * (z * (1.0 - z))
    da_r = da_n * m * (r * (1.0 - r))
    dsums = dsums_ptr + wide * stride_dsums + cols[None, :]
    store_parts(dsums, n_cols, da_r, da_z, da_n, None, mask)
    dstate = dstate_sums_ptr + wide * stride_dstate_sums + cols[None, :]
    store_parts(dstate, n_cols, da_r, da_z, da_n * r, None, mask)
    tl.store(dh_prev_ptr + wide * stride_dh_prev + cols[None, :], dh * z, mask=mask)
