"""Sorting along the last axis, by bitonic networks.

Floats are sorted as integers whose order is theirs, so that every device agrees on NaN (the
largest) and on the zeros (-0 before +0). The partner of an element differs from it in one bit of
the index; it is read with `gather`, whose index is then a linear map of bits.
"""

import triton
import triton.language as tl


@triton.constexpr_function
def log2_of(n):
    """The exponent of a power of two."""
    exponent = 0
    while n > 1:
        n = n // 2
        exponent = exponent + 1
    return exponent


@triton.constexpr_function
def integer_of(dtype):
    """The signed integer type of a float's width."""
    if dtype.primitive_bitwidth == 64:
        return tl.int64
    return tl.int32 if dtype.primitive_bitwidth == 32 else tl.int16


@triton.constexpr_function
def sorted_dtype(dtype):
    """The type in which elements are sorted: wide enough for the trick with the bits."""
    if dtype.is_fp8():
        return tl.float16
    return tl.int8 if dtype.is_bool() else dtype


def sort_key(x):
    y = x.to(sorted_dtype(x.dtype))
    if y.dtype.is_floating():
        bits = y.to(integer_of(y.dtype), bitcast=True)
        return tl.where(y != y, bits.dtype.get_int_max_value(), flip_negative(bits))
    return y


def flip_negative(bits):
    """Negative floats have their order reversed when their bits are taken as integers."""
    sign_everywhere = bits >> (bits.dtype.primitive_bitwidth - 1)
    return bits ^ (sign_everywhere & bits.dtype.get_int_max_value())


def from_sort_key(key, dtype: tl.constexpr):
    inner: tl.constexpr = sorted_dtype(dtype)
    if inner.is_floating():
        return flip_negative(key).to(inner, bitcast=True).to(dtype)
    return key.to(dtype)


def exchange(key, index, stride: tl.constexpr, ascending):
    """Orders each pair of elements whose indices differ in one bit, the stride."""
    axis: tl.constexpr = len(key.shape) - 1
    partner = tl.gather(key, index ^ stride, axis)
    is_left = (index & stride) == 0
    return tl.where(is_left == ascending, tl.minimum(key, partner), tl.maximum(key, partner))


def merge(key, index, size: tl.constexpr, descending: tl.constexpr):
    """Sorts runs of a size, each of which is bitonic: neighbouring runs in opposite directions, or
    the whole axis in the direction asked for."""
    ascending = ((index & size) == 0) != descending
    for step in tl.static_range(log2_of(size)):
        key = exchange(key, index, size >> (step + 1), ascending)
    return key


def sort_keys(key, descending: tl.constexpr):
    axis: tl.constexpr = len(key.shape) - 1
    index = positions(key, axis)
    for stage in tl.static_range(log2_of(key.shape[axis])):
        key = merge(key, index, 2 << stage, descending)
    return key


def sort(x, dim: tl.constexpr = None, descending: tl.constexpr = False):
    check_last_axis(x, dim)
    return from_sort_key(sort_keys(sort_key(x), descending), x.dtype)


def bitonic_merge(x, dim: tl.constexpr = None, descending: tl.constexpr = False):
    check_last_axis(x, dim)
    axis: tl.constexpr = len(x.shape) - 1
    key = sort_key(x)
    return from_sort_key(merge(key, positions(key, axis), x.shape[axis], descending), x.dtype)


def topk(x, k: tl.constexpr, dim: tl.constexpr = None, descending: tl.constexpr = True):
    """The k largest elements in descending order, or the k smallest in ascending order."""
    check_last_axis(x, dim)
    n: tl.constexpr = x.shape[-1]
    outer: tl.constexpr = x.shape[:-1]
    tl.static_assert(k <= n, "topk cannot give more elements than there are")
    runs = sort_keys(tl.reshape(sort_key(x), outer + [n // k, k]), descending)
    for _ in tl.static_range(log2_of(n // k)):
        runs = best_of_pairs(runs, descending)
    return from_sort_key(tl.reshape(runs, outer + [k]), x.dtype)


def best_of_pairs(runs, descending: tl.constexpr):
    """Of each two sorted runs of length k, the k best elements, sorted."""
    outer: tl.constexpr = runs.shape[:-2]
    k: tl.constexpr = runs.shape[-1]
    rank: tl.constexpr = len(runs.shape) + 1
    pairs = tl.reshape(runs, outer + [runs.shape[-2] // 2, 2, k])
    left, right = tl.split(tl.trans(pairs, list_of_axes(rank)))
    # The best of a run against the worst of its neighbour: what wins is bitonic.
    right = flip(right)
    if descending:
        best = tl.maximum(left, right)
    else:
        best = tl.minimum(left, right)
    return merge(best, positions(best, rank - 2), k, descending)


@triton.constexpr_function
def list_of_axes(rank):
    """All axes, the last two exchanged."""
    axes = [axis for axis in range(rank - 2)]
    return axes + [rank - 1, rank - 2]


def check_last_axis(x, dim: tl.constexpr):
    tl.static_assert(
        axis_of(len(x.shape), dim) == len(x.shape) - 1, "only the last axis can be sorted"
    )
