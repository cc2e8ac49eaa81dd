"""How one launch covers many parameters, whatever their sizes.

Two arrays on the device tell programs what to do. The table has a row of int64 numbers for each
parameter: addresses, the number of elements, and factors as bits of float64. The map has a pair of
int32 numbers for each program: its parameter, and which block of it.
"""

import triton
import triton.language as tl

COLUMNS = tl.constexpr(12)
WEIGHTS = tl.constexpr(0)
MODEL_COPY = tl.constexpr(1)
GRADS = tl.constexpr(2)
STATE_A = tl.constexpr(3)
STATE_B = tl.constexpr(4)
STATE_C = tl.constexpr(5)
STATE_D = tl.constexpr(6)
ELEMENTS = tl.constexpr(7)
RATE_SCALE = tl.constexpr(8)
DECAY_SCALE = tl.constexpr(9)
FIRST_PROGRAM = tl.constexpr(10)
UPDATE_SCALE = tl.constexpr(11)


@triton.jit
def find_block(table_ptr, map_ptr, BLOCK: tl.constexpr):
    """This program's row of the table, its first element, and how many are left from there, at most
    a block of them."""
    entry = map_ptr + tl.program_id(axis=0) * 2
    row = table_ptr + tl.load(entry) * COLUMNS
    start = tl.load(entry + 1).to(tl.int64) * BLOCK
    left = tl.minimum(tl.load(row + ELEMENTS) - start, BLOCK).to(tl.int32)
    return row, start, left


@triton.jit
def elements_of_block(table_ptr, map_ptr, BLOCK: tl.constexpr, ALIGNMENT: tl.constexpr):
    """As find_block, with the offsets from the first element, and which of them are inside; how
    many are inside is a multiple of ALIGNMENT."""
    row, start, left = find_block(table_ptr, map_ptr, BLOCK)
    left = tl.multiple_of(left, ALIGNMENT)
    offsets = tl.arange(0, BLOCK)
    return row, start, offsets, offsets < left


@triton.jit
def array_of(row, column: tl.constexpr, start, ELEMENT: tl.constexpr, ALIGNMENT: tl.constexpr):
    """One of the parameter's arrays, from an element on, whose address is a multiple of ALIGNMENT
    bytes; None where there is no such array."""
    if ELEMENT is None:
        return
    else:
        return tl.multiple_of(tl.load(row + column).to(tl.pointer_type(ELEMENT)) + start, ALIGNMENT)


@triton.jit
def factor_of(row, column: tl.constexpr, COMPUTE: tl.constexpr):
    """One of the parameter's factors."""
    return tl.load(row + column).to(tl.float64, bitcast=True).to(COMPUTE)


@triton.jit
def weights_and_gradients(
    row, start, WEIGHT: tl.constexpr, GRAD: tl.constexpr, ALIGNMENT: tl.constexpr
):
    """The arrays of weights and gradients, which every parameter has."""
    w_ptr = array_of(row, WEIGHTS, start, WEIGHT, ALIGNMENT)
    return w_ptr, array_of(row, GRADS, start, GRAD, ALIGNMENT)


@triton.jit
def load_gradient(
    g_ptr,
    offsets,
    mask,
    clip_factor_ptr,  # one number; or None
    inverse_scale,
    clip_value,  # or None
    COMPUTE: tl.constexpr,
):
    """Gradients without the loss scale, clipped."""
    g = tl.load(g_ptr + offsets, mask=mask, other=0.0)
    return unscaled(g, clip_factor_ptr, inverse_scale, clip_value, COMPUTE)


@triton.jit
def unscaled(
    g,
    clip_factor_ptr,  # one number; or None
    inverse_scale,
    clip_value,  # or None
    COMPUTE: tl.constexpr,
):
    """Gradients without the loss scale, clipped."""
    scale = inverse_scale
    if clip_factor_ptr is not None:
        scale = scale * tl.load(clip_factor_ptr).to(COMPUTE)
    g = g.to(COMPUTE) * scale
    if clip_value is not None:
        # NaN stays NaN, which a minimum would hide.
        g = tl.where(g > clip_value, clip_value, g)
        g = tl.where(g < -clip_value, -clip_value, g)
    return g


@triton.jit
def store_weights(w_ptr, model_ptr, offsets, mask, w):
    """The weights, and the model's copy of them if it has one."""
    tl.store(w_ptr + offsets, w, mask=mask)
    if model_ptr is not None:
        tl.store(model_ptr + offsets, w, mask=mask)
