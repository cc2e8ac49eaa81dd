"""The largest or smallest element along an axis, and where it stands first.

Elements are compared as integers of the same order, in which NaN is the largest (or smallest) of
all and both zeros are equal. Each lane keeps its best element and the index of it; the first of
the best lanes wins. As for other reductions, a long axis is split into parts, whose results a
second launch compares: then the indices are read from the parts.
"""

import triton
import triton.language as tl

from reduce import three_axes


@triton.constexpr_function
def integer_of(dtype):
    if dtype.is_floating():
        return tl.int64 if dtype.primitive_bitwidth == 64 else tl.int32
    return dtype


@triton.jit
def flip_negative(bits):
    """Negative floats have their order reversed when their bits are taken as integers."""
    width: tl.constexpr = bits.dtype.primitive_bitwidth
    highest: tl.constexpr = bits.dtype.get_int_max_value()
    return bits ^ ((bits >> (width - 1)) & highest)


@triton.jit
def ordered(x, LARGEST: tl.constexpr):
    """Integers that are the larger, the earlier an element is wanted."""
    if x.dtype.is_floating():
        key = flip_negative(tl.where(x == 0.0, 0.0, x).to(integer_of(x.dtype), bitcast=True))
        if not LARGEST:
            key = ~key
        highest: tl.constexpr = key.dtype.get_int_max_value()
        key = tl.where(x != x, highest, key)
    else:
        key = x
        if not LARGEST:
            key = ~key
    return key


@triton.jit
def from_ordered(key, dtype: tl.constexpr, LARGEST: tl.constexpr):
    """The element; that of the key of NaN is NaN."""
    bits = key
    if not LARGEST:
        bits = ~key
    if dtype.is_floating():
        x = flip_negative(bits).to(dtype, bitcast=True)
        highest: tl.constexpr = key.dtype.get_int_max_value()
        x = tl.where(key == highest, float("nan"), x)
    else:
        x = bits
    return x


@triton.jit
def extreme_kernel(
    x_ptr,
    from_ptr,  # or None: indices of the elements, which are results of parts; laid out as x
    values_ptr,  # or None
    indices_ptr,  # or None
    n_kept,
    n_reduced,
    n_outer,
    outer1,
    outer2,
    steps,
    steps_of_part,
    xo0,
    xo1,
    xo2,
    xk,
    xr,
    yo0,
    yo1,
    yo2,
    yk,
    y_part,
    LARGEST: tl.constexpr,
    COMPUTE: tl.constexpr,
    OUTER_OF_PROGRAM: tl.constexpr,
    BLOCK_KEPT: tl.constexpr,
    BLOCK_REDUCED: tl.constexpr,
):
    kept = tl.program_id(axis=0) * BLOCK_KEPT + tl.arange(0, BLOCK_KEPT)
    in_kept = kept < n_kept
    first_outer = tl.program_id(axis=1) * OUTER_OF_PROGRAM
    part = tl.program_id(axis=2)
    first_step = part * steps_of_part
    last_step = min(first_step + steps_of_part, steps)
    KEY: tl.constexpr = integer_of(COMPUTE)
    lowest: tl.constexpr = KEY.get_int_min_value()
    for outer in range(first_outer, min(first_outer + OUTER_OF_PROGRAM, n_outer)):
        x_outer = three_axes(outer, outer1, outer2, xo0, xo1, xo2)
        best = tl.full((BLOCK_KEPT, BLOCK_REDUCED), lowest, dtype=KEY)
        first = first_step * BLOCK_REDUCED + tl.arange(0, BLOCK_REDUCED)
        where = tl.broadcast_to(first[None, :], (BLOCK_KEPT, BLOCK_REDUCED))
        for step in range(first_step, last_step):
            reduced = step * BLOCK_REDUCED + tl.arange(0, BLOCK_REDUCED)
            offsets = kept.to(tl.int64)[:, None] * xk + reduced.to(tl.int64)[None, :] * xr
            inside = in_kept[:, None] & (reduced < n_reduced)[None, :]
            x = tl.load(x_ptr + x_outer + offsets, mask=inside, other=0).to(COMPUTE)
            key = tl.where(inside, ordered(x, LARGEST), lowest)
            is_better = key > best
            best = tl.where(is_better, key, best)
            where = tl.where(is_better, reduced[None, :], where)
        top = tl.max(best, axis=1)
        index = tl.min(tl.where(best == top[:, None], where, 0x7FFFFFFF), axis=1)
        y_offsets = three_axes(outer, outer1, outer2, yo0, yo1, yo2) + kept.to(tl.int64) * yk
        y_offsets += part.to(tl.int64) * y_part
        if values_ptr is not None:
            tl.store(values_ptr + y_offsets, from_ordered(top, COMPUTE, LARGEST), mask=in_kept)
        if indices_ptr is not None:
            if from_ptr is not None:
                place = from_ptr + x_outer + kept.to(tl.int64) * xk + index.to(tl.int64) * xr
                index = tl.load(place, mask=in_kept, other=0)
            tl.store(indices_ptr + y_offsets, index, mask=in_kept)
