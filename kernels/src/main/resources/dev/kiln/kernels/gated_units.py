"""Gated linear units: y = activation(gate) * value, forward and backward in one launch each.

The activation names the unit: sigmoid GLU (Dauphin et al., "Language Modeling with Gated
Convolutional Networks", 2016), silu SwiGLU, gelu GeGLU, relu ReGLU, none the bilinear one (Shazeer,
"GLU Variants Improve Transformer", 2020).

Gate and value are matrices whose rows lie apart by a stride each: two arrays, or the two halves of
one array. The gradients, with dy that of y:

    dvalue = dy activation(gate)
    dgate  = dy value activation'(gate)
"""

import triton
import triton.language as tl
from activation import activation_gradient, apply_activation


@triton.jit
def gated_forward_kernel(
    gate_ptr,
    value_ptr,
    y_ptr,
    n_rows,
    n_cols,
    stride_gate,
    stride_value,
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
    mask = (rows < n_rows)[:, None] & (cols < n_cols)[None, :]
    wide = rows.to(tl.int64)[:, None]
    gate_ptrs = gate_ptr + wide * stride_gate + cols[None, :]
    value_ptrs = value_ptr + wide * stride_value + cols[None, :]
    gate = tl.load(gate_ptrs, mask=mask, other=0.0).to(COMPUTE)
    value = tl.load(value_ptrs, mask=mask, other=0.0).to(COMPUTE)
    y = apply_activation(gate, ACTIVATION, a, b) * value
    tl.store(y_ptr + wide * stride_y + cols[None, :], y, mask=mask)


@triton.jit
def gated_backward_kernel(
    gate_ptr,
    value_ptr,
    dy_ptr,
    dgate_ptr,
    dvalue_ptr,
    n_rows,
    n_cols,
    stride_gate,
    stride_value,
    stride_dy,
    stride_dgate,
    stride_dvalue,
    a,
    b,
    ACTIVATION: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK_ROWS: tl.constexpr,
    BLOCK_COLS: tl.constexpr,
):
    rows = tl.program_id(axis=0) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)
    cols = tl.program_id(axis=1) * BLOCK_COLS + tl.arange(0, BLOCK_COLS)
    mask = (rows < n_rows)[:, None] & (cols < n_cols)[None, :]
    wide = rows.to(tl.int64)[:, None]
    gate_ptrs = gate_ptr + wide * stride_gate + cols[None, :]
    value_ptrs = value_ptr + wide * stride_value + cols[None, :]
    dy_ptrs = dy_ptr + wide * stride_dy + cols[None, :]
    gate = tl.load(gate_ptrs, mask=mask, other=0.0).to(COMPUTE)
    value = tl.load(value_ptrs, mask=mask, other=0.0).to(COMPUTE)
    dy = tl.load(dy_ptrs, mask=mask, other=0.0).to(COMPUTE)
    dvalue = dy * apply_activation(gate, ACTIVATION, a, b)
    dgate = activation_gradient(gate, dy * value, ACTIVATION, a, b)
    tl.store(dgate_ptr + wide * stride_dgate + cols[None, :], dgate, mask=mask)
    tl.store(dvalue_ptr + wide * stride_dvalue + cols[None, :], dvalue, mask=mask)
