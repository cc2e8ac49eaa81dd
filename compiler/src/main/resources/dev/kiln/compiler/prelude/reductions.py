"""Reductions and scans."""

import triton
import triton.language as tl


def plus(a, b):
    return a + b


def times(a, b):
    return a * b


def exclusive_or(a, b):
    return a ^ b


def either(a, b):
    return a | b


def larger(a, b):
    return tl.maximum(a, b)


def smaller(a, b):
    return tl.minimum(a, b)


@triton.constexpr_function
def sum_dtype(dtype, asked):
    """Integers below 32 bits are summed in 32 bits of the same sign; int1 counts as unsigned."""
    if asked is not None:
        return asked
    if dtype.is_int() and dtype.int_bitwidth < 32:
        return tl.int32 if dtype.is_int_signed() else tl.uint32
    return dtype


@triton.constexpr_function
def is_narrow_float(dtype):
    return dtype.is_floating() and dtype.primitive_bitwidth < 32


def sum(input, axis=None, keep_dims: tl.constexpr = False, dtype: tl.constexpr = None):
    result: tl.constexpr = sum_dtype(input.dtype, dtype)
    x = input.to(result)
    if is_narrow_float(result):
        # The type stays, as in Triton; the running sum has all the bits that fp32 gives.
        return tl.reduce(x.to(tl.float32), axis, plus, keep_dims).to(result)
    return tl.reduce(x, axis, plus, keep_dims)


def xor_sum(input, axis=None, keep_dims: tl.constexpr = False):
    tl.static_assert(input.dtype.is_int(), "xor_sum takes integers only")
    return tl.reduce(input, axis, exclusive_or, keep_dims)


def reduce_or(input, axis, keep_dims: tl.constexpr = False):
    tl.static_assert(input.dtype.is_int(), "reduce_or takes integers only")
    return tl.reduce(input, axis, either, keep_dims)


# ---- the largest and the smallest


def to_32_bits(x):
    """Narrow floats become fp32 and narrow integers, unsigned ones too, int32."""
    if x.dtype.primitive_bitwidth >= 32:
        return x
    if x.dtype.is_floating():
        return x.to(tl.float32)
    return x.to(tl.int32)


def without_bf16(x):
    if x.dtype.is_bf16():
        return x.to(tl.float32)
    return x


def max(
    input,
    axis=None,
    return_indices: tl.constexpr = False,
    return_indices_tie_break_left: tl.constexpr = True,
    keep_dims: tl.constexpr = False,
):
    if return_indices:
        return with_index(without_bf16(input), axis, first_of_largest, keep_dims)
    return tl.reduce(to_32_bits(input), axis, larger, keep_dims)


def min(
    input,
    axis=None,
    return_indices: tl.constexpr = False,
    return_indices_tie_break_left: tl.constexpr = True,
    keep_dims: tl.constexpr = False,
):
    if return_indices:
        return with_index(without_bf16(input), axis, first_of_smallest, keep_dims)
    return tl.reduce(to_32_bits(input), axis, smaller, keep_dims)


def argmax(input, axis, tie_break_left: tl.constexpr = True, keep_dims: tl.constexpr = False):
    _, index = with_index(without_bf16(input), axis, first_of_largest, keep_dims)
    return index


def argmin(input, axis, tie_break_left: tl.constexpr = True, keep_dims: tl.constexpr = False):
    _, index = with_index(without_bf16(input), axis, first_of_smallest, keep_dims)
    return index


def with_index(x, axis: tl.constexpr, combine: tl.constexpr, keep_dims: tl.constexpr):
    """Reduces elements together with their indices along the axis, or in the flattened tensor."""
    if axis is not None:
        return tl.reduce((x, positions(x, axis_of(len(x.shape), axis))), axis, combine, keep_dims)
    value, index = tl.reduce((ravel(x), tl.arange(0, x.numel)), 0, combine)
    if keep_dims:
        ones: tl.constexpr = [1] * len(x.shape)
        return tl.broadcast_to(value, ones), tl.broadcast_to(index, ones)
    return value, index


# Of equal elements the first wins whatever tie_break_left says: without it the order would be
# left open, and devices would differ. NaN loses against any number, as in maximum and minimum.


def first_of_largest(a, i, b, j):
    if a.dtype.is_floating():
        keep = (a > b) | ((a == b) & (i < j)) | ((b != b) & ((a == a) | (i < j)))
    else:
        keep = (a > b) | ((a == b) & (i < j))
    return tl.where(keep, a, b), tl.where(keep, i, j)


def first_of_smallest(a, i, b, j):
    if a.dtype.is_floating():
        keep = (a < b) | ((a == b) & (i < j)) | ((b != b) & ((a == a) | (i < j)))
    else:
        keep = (a < b) | ((a == b) & (i < j))
    return tl.where(keep, a, b), tl.where(keep, i, j)


# ---- scans


def cumsum(input, axis: tl.constexpr = 0, reverse: tl.constexpr = False, dtype: tl.constexpr = None):
    x = without_bf16(input)
    result: tl.constexpr = sum_dtype(x.dtype, dtype)
    x = x.to(result)
    if is_narrow_float(result):
        return tl.associative_scan(x.to(tl.float32), axis, plus, reverse).to(result)
    return tl.associative_scan(x, axis, plus, reverse)


def cumprod(input, axis: tl.constexpr = 0, reverse: tl.constexpr = False):
    x = without_bf16(input)
    if is_narrow_float(x.dtype):
        return tl.associative_scan(x.to(tl.float32), axis, times, reverse).to(x.dtype)
    return tl.associative_scan(x, axis, times, reverse)
