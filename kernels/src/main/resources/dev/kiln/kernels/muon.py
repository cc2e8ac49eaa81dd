"""The elementwise parts of Muon (Jordan et al., "Muon: An optimizer for hidden layers in neural
networks", 2024): momentum before the matrix products that make an update orthogonal, and the change
of the weights after them.

    m += (1 - momentum) (g - m);  u = m, or with Nesterov g + momentum (m - g)
    x = u / (|u| + eps);  five times x = a x + (b (x x^T) + c (x x^T)^2) x
    w -= lr weight_decay w;  w -= lr scale x

The products are those of `matmul.py`, on all matrices of a shape at once. So updates lie side by
side in memory, and the table's second state is their address, its third that of the result.
"""

import triton
import triton.language as tl
from parameter_table import (
    COLUMNS,
    DECAY_SCALE,
    ELEMENTS,
    FIRST_PROGRAM,
    GRADS,
    MODEL_COPY,
    RATE_SCALE,
    STATE_A,
    STATE_B,
    STATE_C,
    UPDATE_SCALE,
    WEIGHTS,
    array_of,
    elements_of_block,
    factor_of,
    load_gradient,
    store_weights,
)


@triton.jit
def muon_momentum_kernel(
    table_ptr,  # states: momentum; update
    map_ptr,
    found_inf_ptr,
    clip_factor_ptr,
    inverse_scale,
    clip_value,
    momentum,
    mean_weight,  # 1 - momentum
    sums_ptr,  # of squares of the update, one for each program
    WEIGHT: tl.constexpr,
    MODEL: tl.constexpr,
    GRAD: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
    ALIGNMENT: tl.constexpr,
    PRODUCT: tl.constexpr,  # dtype of the update
    NESTEROV: tl.constexpr,
):
    if found_inf_ptr is not None:
        if tl.load(found_inf_ptr) != 0.0:
            return
    row, start, offsets, mask = elements_of_block(table_ptr, map_ptr, BLOCK, ALIGNMENT)
    g_ptr = array_of(row, GRADS, start, GRAD, ALIGNMENT)
    m_ptr = array_of(row, STATE_A, start, COMPUTE, ALIGNMENT)
    u_ptr = array_of(row, STATE_B, start, PRODUCT, ALIGNMENT)
    g = load_gradient(
        g_ptr, offsets, mask, clip_factor_ptr, inverse_scale, clip_value, COMPUTE
    )
    m = tl.load(m_ptr + offsets, mask=mask, other=0.0)
    m = m + (g - m) * mean_weight
    if NESTEROV:
        u = g + (m - g) * momentum
    else:
        u = m
    tl.store(sums_ptr + tl.program_id(axis=0), tl.sum(u * u, axis=0))
    tl.store(m_ptr + offsets, m, mask=mask)
    tl.store(u_ptr + offsets, u, mask=mask)


@triton.jit
def muon_norm_kernel(
    table_ptr,
    sums_ptr,
    factors_ptr,  # 1 / (|u| + eps), one for each matrix
    eps,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,  # elements of a sum
    SUMS: tl.constexpr,  # sums that are added at a time
):
    """A program for each matrix."""
    matrix = tl.program_id(axis=0)
    row = table_ptr + matrix * COLUMNS
    count = tl.cdiv(tl.load(row + ELEMENTS), BLOCK).to(tl.int32)
    sums_ptr += tl.load(row + FIRST_PROGRAM)
    offsets = tl.arange(0, SUMS)
    total = tl.zeros((SUMS,), dtype=COMPUTE)
    for first in range(0, count, SUMS):
        total += tl.load(sums_ptr + first + offsets, mask=offsets < count - first, other=0.0)
    tl.store(factors_ptr + matrix, 1.0 / (tl.sqrt(tl.sum(total, axis=0)) + eps))


@triton.jit
def muon_scale_kernel(
    table_ptr,
    map_ptr,
    factors_ptr,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
    ALIGNMENT: tl.constexpr,
    PRODUCT: tl.constexpr,
):
    row, start, offsets, mask = elements_of_block(table_ptr, map_ptr, BLOCK, ALIGNMENT)
    factor = tl.load(factors_ptr + tl.load(map_ptr + tl.program_id(axis=0) * 2))
    u_ptr = array_of(row, STATE_B, start, PRODUCT, ALIGNMENT) + offsets
    u = tl.load(u_ptr, mask=mask, other=0.0).to(COMPUTE) * factor
    tl.store(u_ptr, u, mask=mask)


@triton.jit
def muon_update_kernel(
    table_ptr,
    map_ptr,
    found_inf_ptr,
    lr,  # times what brings the result of the products to scale
    decay,  # lr * weight decay
    WEIGHT: tl.constexpr,
    MODEL: tl.constexpr,
    GRAD: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
    ALIGNMENT: tl.constexpr,
    PRODUCT: tl.constexpr,
):
    if found_inf_ptr is not None:
        if tl.load(found_inf_ptr) != 0.0:
            return
    row, start, offsets, mask = elements_of_block(table_ptr, map_ptr, BLOCK, ALIGNMENT)
    w_ptr = array_of(row, WEIGHTS, start, WEIGHT, ALIGNMENT)
    model_ptr = array_of(row, MODEL_COPY, start, MODEL, ALIGNMENT)
    x_ptr = array_of(row, STATE_C, start, PRODUCT, ALIGNMENT)
    rate_scale = factor_of(row, RATE_SCALE, COMPUTE)
    decay = decay * factor_of(row, DECAY_SCALE, COMPUTE)
    lr = lr * rate_scale * factor_of(row, UPDATE_SCALE, COMPUTE)
    w = tl.load(w_ptr + offsets, mask=mask, other=0.0).to(COMPUTE)
    x = tl.load(x_ptr + offsets, mask=mask, other=0.0).to(COMPUTE)
    w = w * (1.0 - rate_scale * decay) - lr * x
    store_weights(w_ptr, model_ptr, offsets, mask, w)
