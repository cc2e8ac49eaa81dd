"""The gates of an LSTM and of a convolutional LSTM, forward and backward in one launch each.

Given the sums a of input and state by their weights, for the gates in PyTorch's order i, f, g, o:

    i = sigmoid(a_i + b_i + p_i c_prev)     c = f c_prev + i g
    f = sigmoid(a_f + b_f + p_f c_prev)     h = o tanh(c)
    g = tanh(a_g + b_g)
    o = sigmoid(a_o + b_o + p_o c)

(Hochreiter and Schmidhuber, 1997; Gers et al., 2000.) b are one or two biases. The peepholes p are
those of convolutional LSTM (Shi et al., 2015), one number for each element of an image; without
them p = 0. With dh and dc the gradients of h and c, and da those of the sums:

    da_o = dh tanh(c) o (1 - o)
    dc'  = dc + dh o (1 - tanh(c)^2) + da_o p_o
    da_i = dc' g i (1 - i)      da_f = dc' c_prev f (1 - f)      da_g = dc' i (1 - g^2)
    dc_prev = dc' f + da_i p_i + da_f p_f

A row of sums holds the four gates, each of n_cols columns. Rows are a batch; or the images of one,
with all channels and pixels in a row; or its pixels, with the channels in a row. The peepholes
repeat after `period` rows.
"""

import triton
import triton.language as tl
from triton.language.extra import libdevice


@triton.jit
def gate_sum(sums_ptr, bias_ptr, bias2_ptr, cols, mask, mask_cols, COMPUTE: tl.constexpr):
    """One gate's sums with its biases."""
    a = tl.load(sums_ptr, mask=mask, other=0.0).to(COMPUTE)
    if bias_ptr is not None:
        a += tl.load(bias_ptr + cols, mask=mask_cols, other=0.0).to(COMPUTE)[None, :]
    if bias2_ptr is not None:
        a += tl.load(bias2_ptr + cols, mask=mask_cols, other=0.0).to(COMPUTE)[None, :]
    return a


@triton.jit
def gate_part(ptr, gate: tl.constexpr, n_cols):
    """The part of a vector that belongs to a gate, or None of None."""
    if ptr is None:
        return ptr
    else:
        return ptr + gate * n_cols


@triton.jit
def load_parts(ptr, n_cols, mask, COMPUTE: tl.constexpr):
    """The four parts of a tile's rows, n_cols columns apart."""
    p0 = tl.load(ptr, mask=mask, other=0.0).to(COMPUTE)
    p1 = tl.load(ptr + n_cols, mask=mask, other=0.0).to(COMPUTE)
    p2 = tl.load(ptr + 2 * n_cols, mask=mask, other=0.0).to(COMPUTE)
    p3 = tl.load(ptr + 3 * n_cols, mask=mask, other=0.0).to(COMPUTE)
    return p0, p1, p2, p3


@triton.jit
def store_parts(ptr, n_cols, p0, p1, p2, p3, mask):
    """Stores three parts of a tile's rows, n_cols columns apart, or four."""
    tl.store(ptr, p0, mask=mask)
    tl.store(ptr + n_cols, p1, mask=mask)
    tl.store(ptr + 2 * n_cols, p2, mask=mask)
    if p3 is not None:
        tl.store(ptr + 3 * n_cols, p3, mask=mask)


@triton.jit
def load_peephole(peephole_ptr, gate: tl.constexpr, offsets, mask, size, COMPUTE: tl.constexpr):
    return tl.load(peephole_ptr + gate * size + offsets, mask=mask, other=0.0).to(COMPUTE)


@triton.jit
def lstm_forward_kernel(
    sums_ptr,
    bias_ptr,  # of four gates; or None
    bias2_ptr,  # likewise
    peephole_ptr,  # of i, f, o: period x n_cols each; or None
    c_prev_ptr,
    gates_ptr,  # receives i, f, g, o; may be sums; or None
    c_ptr,
    h_ptr,
    n_rows,
    n_cols,
    stride_sums,
    stride_c_prev,
    stride_gates,
    stride_c,
    stride_h,
    period,
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
    c_prev = tl.load(c_prev_ptr + wide * stride_c_prev + cols[None, :], mask=mask, other=0.0)
    c_prev = c_prev.to(COMPUTE)
    bias_i, bias2_i = gate_part(bias_ptr, 0, n_cols), gate_part(bias2_ptr, 0, n_cols)
    bias_f, bias2_f = gate_part(bias_ptr, 1, n_cols), gate_part(bias2_ptr, 1, n_cols)
    bias_g, bias2_g = gate_part(bias_ptr, 2, n_cols), gate_part(bias2_ptr, 2, n_cols)
    bias_o, bias2_o = gate_part(bias_ptr, 3, n_cols), gate_part(bias2_ptr, 3, n_cols)
    a_i = gate_sum(sums, bias_i, bias2_i, cols, mask, mask_cols, COMPUTE)
    a_f = gate_sum(sums + n_cols, bias_f, bias2_f, cols, mask, mask_cols, COMPUTE)
    a_g = gate_sum(sums + 2 * n_cols, bias_g, bias2_g, cols, mask, mask_cols, COMPUTE)
    a_o = gate_sum(sums + 3 * n_cols, bias_o, bias2_o, cols, mask, mask_cols, COMPUTE)
    size = period * n_cols
    places = (rows % period)[:, None] * n_cols + cols[None, :]
    if peephole_ptr is not None:
        a_i += load_peephole(peephole_ptr, 0, places, mask, size, COMPUTE) * c_prev
        a_f += load_peephole(peephole_ptr, 1, places, mask, size, COMPUTE) * c_prev
    i = tl.sigmoid(a_i)
    f = tl.sigmoid(a_f)
    g = libdevice.tanh(a_g)
    c = f * c_prev + i * g
    if peephole_ptr is not None:
        a_o += load_peephole(peephole_ptr, 2, places, mask, size, COMPUTE) * c
    o = tl.sigmoid(a_o)
    if gates_ptr is not None:
        gates = gates_ptr + wide * stride_gates + cols[None, :]
        store_parts(gates, n_cols, i, f, g, o, mask)
    tl.store(c_ptr + wide * stride_c + cols[None, :], c, mask=mask)
    tl.store(h_ptr + wide * stride_h + cols[None, :], o * libdevice.tanh(c), mask=mask)


@triton.jit
def lstm_backward_kernel(
    dh_ptr,
    dc_ptr,  # or None for 0
    gates_ptr,  # i, f, g, o
    peephole_ptr,
    c_prev_ptr,
    c_ptr,
    dsums_ptr,  # receives the gradients of the sums; None to write them over the gates
    dc_prev_ptr,  # may be dc
    n_rows,
    n_cols,
    stride_dh,
    stride_dc,
    stride_gates,
    stride_c_prev,
    stride_c,
    stride_dsums,
    stride_dc_prev,
    period,
    COMPUTE: tl.constexpr,
    BLOCK_ROWS: tl.constexpr,
    BLOCK_COLS: tl.constexpr,
):
    rows = tl.program_id(axis=0) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)
    cols = tl.program_id(axis=1) * BLOCK_COLS + tl.arange(0, BLOCK_COLS)
    mask = (rows < n_rows)[:, None] & (cols < n_cols)[None, :]
    wide = rows.to(tl.int64)[:, None]
    gates = gates_ptr + wide * stride_gates + cols[None, :]
    i, f, g, o = load_parts(gates, n_cols, mask, COMPUTE)
    c_prev = tl.load(c_prev_ptr + wide * stride_c_prev + cols[None, :], mask=mask, other=0.0)
    c_prev = c_prev.to(COMPUTE)
    c = tl.load(c_ptr + wide * stride_c + cols[None, :], mask=mask, other=0.0).to(COMPUTE)
    dh = tl.load(dh_ptr + wide * stride_dh + cols[None, :], mask=mask, other=0.0).to(COMPUTE)
    tanh_c = libdevice.tanh(c)
    da_o = dh * tanh_c * (o * (1.0 - o))
    dc = dh * o * (1.0 - tanh_c * tanh_c)
    if dc_ptr is not None:
        dc += tl.load(dc_ptr + wide * stride_dc + cols[None, :], mask=mask, other=0.0).to(COMPUTE)
    size = period * n_cols
    places = (rows % period)[:, None] * n_cols + cols[None, :]
    if peephole_ptr is not None:
        dc += da_o * load_peephole(peephole_ptr, 2, places, mask, size, COMPUTE)
    da_i = dc * g * (i * (1.0 - i))
    da_f = dc * c_prev * (f * (1.0 - f))
    da_g = dc * i * (1.0 - g * g)
    dc_prev = dc * f
    if peephole_ptr is not None:
        dc_prev += da_i * load_peephole(peephole_ptr, 0, places, mask, size, COMPUTE)
        dc_prev += da_f * load_peephole(peephole_ptr, 1, places, mask, size, COMPUTE)
    if dsums_ptr is None:
        dsums = gates
    else:
        dsums = dsums_ptr + wide * stride_dsums + cols[None, :]
    store_parts(dsums, n_cols, da_i, da_f, da_g, da_o, mask)
    tl.store(dc_prev_ptr + wide * stride_dc_prev + cols[None, :], dc_prev, mask=mask)


@triton.jit
def peephole_gradient_kernel(
    dsums_ptr,
    c_prev_ptr,
    c_ptr,
    dpeephole_ptr,  # of i, f, o: period x n_cols each
    n_rows,
    n_cols,
    stride_dsums,
    stride_c_prev,
    stride_c,
    period,
    ACCUMULATE: tl.constexpr,  # whether to add to what is there
    COMPUTE: tl.constexpr,
    BLOCK_ROWS: tl.constexpr,
    BLOCK_COLS: tl.constexpr,
):
    """dp_i = sum(da_i c_prev), dp_f = sum(da_f c_prev), dp_o = sum(da_o c), over the rows that
    share a peephole."""
    first = tl.program_id(axis=0) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)
    cols = tl.program_id(axis=1) * BLOCK_COLS + tl.arange(0, BLOCK_COLS)
    mask = (first < period)[:, None] & (cols < n_cols)[None, :]
    dpeephole = dpeephole_ptr + first[:, None] * n_cols + cols[None, :]
    size = period * n_cols
    dp_i = tl.zeros((BLOCK_ROWS, BLOCK_COLS), dtype=COMPUTE)
    dp_f = tl.zeros((BLOCK_ROWS, BLOCK_COLS), dtype=COMPUTE)
    dp_o = tl.zeros((BLOCK_ROWS, BLOCK_COLS), dtype=COMPUTE)
    if ACCUMULATE:
        dp_i += tl.load(dpeephole, mask=mask, other=0.0).to(COMPUTE)
        dp_f += tl.load(dpeephole + size, mask=mask, other=0.0).to(COMPUTE)
        dp_o += tl.load(dpeephole + 2 * size, mask=mask, other=0.0).to(COMPUTE)
    for start in range(0, n_rows, period):
        wide = (start + first).to(tl.int64)[:, None]
        dsums = dsums_ptr + wide * stride_dsums + cols[None, :]
        c_prev = tl.load(c_prev_ptr + wide * stride_c_prev + cols[None, :], mask=mask, other=0.0)
        c = tl.load(c_ptr + wide * stride_c + cols[None, :], mask=mask, other=0.0)
        da_i = tl.load(dsums, mask=mask, other=0.0)
        da_f = tl.load(dsums + n_cols, mask=mask, other=0.0)
        da_o = tl.load(dsums + 3 * n_cols, mask=mask, other=0.0)
        dp_i += da_i.to(COMPUTE) * c_prev.to(COMPUTE)
        dp_f += da_f.to(COMPUTE) * c_prev.to(COMPUTE)
        dp_o += da_o.to(COMPUTE) * c.to(COMPUTE)
    store_parts(dpeephole, size, dp_i, dp_f, dp_o, None, mask)
