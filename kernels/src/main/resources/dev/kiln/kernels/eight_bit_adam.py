"""Adam with its averages in 8 bits: Dettmers et al., "8-bit Optimizers via Block-wise Quantization",
2022.

Numbers of a block share a scale, their largest magnitude. What is left, from -1 to 1 or from 0 to
1, is rounded to the nearest of 256 numbers that stand closer the smaller they are: seven decades
from 1e-7 to 1, each with twice as many numbers as the one below, evenly spaced, beside them 0 and
1. For averages of gradients these are 1, 2, .., 64 numbers and their negatives, for averages of
squares 2, 4, .., 128.

Both directions are arithmetic, not tables. Counted from 0 upwards, with an offset, the numbers of
decade d are those from 2^(d + EXTRA) to 2^(d + EXTRA + 1): the exponent of a count is its decade
and its mantissa tells where in the decade it is.

    count           1 | 2 3 | 4 5 6 7 | 8 ..                .. 127 | 128
    decade        1e-7  1e-6    1e-5    1e-4                  0.1     1
"""

import triton
import triton.language as tl
from parameter_table import (
    DECAY_SCALE,
    MODEL_COPY,
    RATE_SCALE,
    STATE_A,
    STATE_B,
    STATE_C,
    STATE_D,
    array_of,
    factor_of,
    find_block,
    store_weights,
    unscaled,
    weights_and_gradients,
)


@triton.jit
def decoded(count, EXTRA: tl.constexpr):
    """The number from 0 to 1 of a count."""
    bits = count.to(tl.float32).to(tl.int32, bitcast=True)
    exponent = (bits >> 23) - 127
    mantissa = ((bits & 0x7FFFFF) | (127 << 23)).to(tl.float32, bitcast=True)
    half = ((126 - exponent) << 23).to(tl.float32, bitcast=True)  # of the distance of neighbours
    unit = tl.where(exponent >= 1 + EXTRA, 1e-5, 1e-6)
    unit = tl.where(exponent >= 2 + EXTRA, 1e-4, unit)
    unit = tl.where(exponent >= 3 + EXTRA, 1e-3, unit)
    unit = tl.where(exponent >= 4 + EXTRA, 1e-2, unit)
    unit = tl.where(exponent >= 5 + EXTRA, 1e-1, unit)
    unit = tl.where(exponent >= 6 + EXTRA, 1.0, unit)
    x = unit * (0.1 + 0.9 * (mantissa - 1.0 + half))
    x = tl.where(count < (1 << EXTRA), 0.0, x)
    return tl.where(count >= (128 << EXTRA), 1.0, x)


@triton.jit
def encoded(x, EXTRA: tl.constexpr):
    """The count whose number is nearest to a number from 0 to 1."""
    # Bounds of decades lie in the middle between the last of one and the first of the next.
    items = tl.where(x >= 1e-6 * (1.0 + 0.9 / (1 << EXTRA)), 2.0, 1.0)
    inverse = tl.where(x >= 1e-6 * (1.0 + 0.9 / (1 << EXTRA)), 1e5, 1e6)
    items = tl.where(x >= 1e-5 * (1.0 + 0.9 / (2 << EXTRA)), 4.0, items)
    inverse = tl.where(x >= 1e-5 * (1.0 + 0.9 / (2 << EXTRA)), 1e4, inverse)
    items = tl.where(x >= 1e-4 * (1.0 + 0.9 / (4 << EXTRA)), 8.0, items)
    inverse = tl.where(x >= 1e-4 * (1.0 + 0.9 / (4 << EXTRA)), 1e3, inverse)
    items = tl.where(x >= 1e-3 * (1.0 + 0.9 / (8 << EXTRA)), 16.0, items)
    inverse = tl.where(x >= 1e-3 * (1.0 + 0.9 / (8 << EXTRA)), 1e2, inverse)
    items = tl.where(x >= 1e-2 * (1.0 + 0.9 / (16 << EXTRA)), 32.0, items)
    inverse = tl.where(x >= 1e-2 * (1.0 + 0.9 / (16 << EXTRA)), 10.0, inverse)
    items = tl.where(x >= 1e-1 * (1.0 + 0.9 / (32 << EXTRA)), 64.0, items)
    inverse = tl.where(x >= 1e-1 * (1.0 + 0.9 / (32 << EXTRA)), 1.0, inverse)
    items = items * (1 << EXTRA)
    place = tl.floor((x * inverse - 0.1) * (items * (1.0 / 0.9)))
    place = tl.minimum(tl.maximum(place, 0.0), items - 1.0)
    count = (items + place).to(tl.int32)
    count = tl.where(x < 0.5e-6 * (0.1 + 0.45 / (1 << EXTRA)), (1 << EXTRA) - 1, count)
    return tl.where(x > 1.0 - 0.225 / (64 << EXTRA), 128 << EXTRA, count)


@triton.jit
def signed_of_code(code):
    """Codes 0 to 126 are negative, 127 is 0, 255 is 1."""
    count = code.to(tl.int32) - 127
    x = decoded(tl.abs(count), 0)
    return tl.where(count < 0, -x, x)


@triton.jit
def code_of_signed(x):
    count = encoded(tl.abs(x), 0)
    # There is no -1.
    return tl.where(x < 0.0, 127 - tl.minimum(count, 127), 127 + count).to(tl.uint8)


@triton.jit
def eight_bit_adam_kernel(
    table_ptr,  # states: codes of the averages of gradients and of squares, then their scales
    map_ptr,
    found_inf_ptr,
    clip_factor_ptr,
    inverse_scale,
    clip_value,
    step_size,
    decay,
    root_correction,
    mean_weight,
    square_weight,
    beta2,
    eps,
    WEIGHT: tl.constexpr,
    MODEL: tl.constexpr,
    GRAD: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
    ALIGNMENT: tl.constexpr,
    DECOUPLED: tl.constexpr,
    SHARED: tl.constexpr,  # numbers that share a scale
):
    """The arguments are those of adam_kernel. A program works on one block of shared scales after
    the other."""
    if found_inf_ptr is not None:
        if tl.load(found_inf_ptr) != 0.0:
            return
    row, start, left = find_block(table_ptr, map_ptr, BLOCK)
    w_ptr, g_ptr = weights_and_gradients(row, start, WEIGHT, GRAD, ALIGNMENT)
    model_ptr = array_of(row, MODEL_COPY, start, MODEL, ALIGNMENT)
    m_ptr = array_of(row, STATE_A, start, tl.uint8, ALIGNMENT)
    v_ptr = array_of(row, STATE_B, start, tl.uint8, ALIGNMENT)
    m_scale_ptr = array_of(row, STATE_C, start // SHARED, tl.float32, 4)
    v_scale_ptr = array_of(row, STATE_D, start // SHARED, tl.float32, 4)
    rate_scale = factor_of(row, RATE_SCALE, COMPUTE)
    decay = decay * factor_of(row, DECAY_SCALE, COMPUTE)
    step_size = step_size * rate_scale
    for block in range(0, tl.cdiv(left, SHARED)):
        offsets = block * SHARED + tl.arange(0, SHARED)
        mask = offsets < left
        w = tl.load(w_ptr + offsets, mask=mask, other=0.0).to(COMPUTE)
        g = tl.load(g_ptr + offsets, mask=mask, other=0.0)
        g = unscaled(g, clip_factor_ptr, inverse_scale, clip_value, COMPUTE)
        m_scale = tl.load(m_scale_ptr + block)
        v_scale = tl.load(v_scale_ptr + block)
        # The codes of 0 stand in for numbers beyond the end.
        m = signed_of_code(tl.load(m_ptr + offsets, mask=mask, other=127)) * m_scale
        v = tl.load(v_ptr + offsets, mask=mask, other=0).to(tl.int32) + 1
        v = decoded(v, 1) * v_scale
        if DECOUPLED:
            w = w * (1.0 - rate_scale * decay)
        else:
            g = g + decay * w
        m = m + (g - m) * mean_weight
        v = beta2 * v + square_weight * g * g
        w = w - step_size * (m / (tl.sqrt(v) * root_correction + eps))
        m_scale = tl.max(tl.abs(m), axis=0).to(tl.float32)
        v_scale = tl.max(v, axis=0).to(tl.float32)
        # Where all are 0 the codes are those of 0 for any scale.
        m = m.to(tl.float32) / tl.where(m_scale == 0.0, 1.0, m_scale)
        v = v.to(tl.float32) / tl.where(v_scale == 0.0, 1.0, v_scale)
        tl.store(m_ptr + offsets, code_of_signed(m), mask=mask)
        tl.store(v_ptr + offsets, (encoded(v, 1) - 1).to(tl.uint8), mask=mask)
        tl.store(m_scale_ptr + block, m_scale)
        tl.store(v_scale_ptr + block, v_scale)
        store_weights(w_ptr, model_ptr, offsets, mask, w)
