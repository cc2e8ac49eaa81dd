"""Library functions of the kernel language, written in the language itself.

All files of this folder make one module: a function may use those of the other files. Functions
without a decorator are for the device; `triton.constexpr_function` runs at compile time.
"""

import triton
import triton.language as tl


# ---- creation and shape


def zeros(shape, dtype):
    return tl.full(shape, 0, dtype)


def zeros_like(input):
    return tl.full(input.shape, 0, input.dtype)


def unsqueeze(x, dim: tl.constexpr):
    return tl.expand_dims(x, dim)


def squeeze(x, dim: tl.constexpr):
    axis: tl.constexpr = axis_of(len(x.shape), dim)
    tl.static_assert(x.shape[axis] == 1, "squeeze needs an axis of extent 1")
    return tl.reshape(x, x.shape[:axis] + x.shape[axis + 1 :])


def ravel(x, can_reorder=False):
    return tl.reshape(x, [x.numel])


def interleave(a, b):
    pairs = tl.join(a, b)
    if len(pairs.shape) == 1:
        return pairs
    return tl.reshape(pairs, pairs.shape[:-2] + [2 * pairs.shape[-2]])


@triton.constexpr_function
def axis_of(rank, dim):
    """The axis, counted from the front; None stands for the last one."""
    if dim is None:
        return rank - 1
    return dim + rank if dim < 0 else dim


def positions(x, axis: tl.constexpr):
    """The index of each element of a tensor along an axis."""
    ones_before: tl.constexpr = [1] * axis
    ones_after: tl.constexpr = [1] * (len(x.shape) - axis - 1)
    index = tl.reshape(tl.arange(0, x.shape[axis]), ones_before + [x.shape[axis]] + ones_after)
    return tl.broadcast_to(index, x.shape)


def flip(x, dim: tl.constexpr = None):
    axis: tl.constexpr = axis_of(len(x.shape), dim)
    # All extents are powers of two, so counting down is flipping every bit of the index.
    return tl.gather(x, positions(x, axis) ^ (x.shape[axis] - 1), axis)


# ---- arithmetic


def cdiv(x, div):
    return (x + (div - 1)) // div


def sigmoid(x):
    return 1 / (1 + tl.exp(-x))


def softmax(x, dim: tl.constexpr = None, keep_dims: tl.constexpr = False, ieee_rounding: tl.constexpr = False):
    axis: tl.constexpr = 0 if dim is None else dim
    # The axis is kept for the two reductions, or their results would not broadcast along it.
    numerator = tl.exp(x - tl.max(x, axis, keep_dims=True))
    return tl.fdiv(numerator, tl.sum(numerator, axis, keep_dims=True), ieee_rounding)


def swizzle2d(i, j, size_i, size_j, size_g):
    """The program (i, j) of a grid, renumbered so that groups of size_g rows are walked column by
    column."""
    index = i * size_j + j
    in_group = size_g * size_j
    first_row = (index // in_group) * size_g
    # The last group may have fewer rows.
    rows = tl.minimum(size_i - first_row, size_g)
    index = index % in_group
    return first_row + index % rows, index // rows


# ---- waiting


def atomic_poll(pointer, expected_value, sem: tl.constexpr = None, scope: tl.constexpr = None, timeout_ns=None):
    """Waits until a number in memory is what is expected, or the time is over; whether it was seen."""
    order: tl.constexpr = "acquire" if sem is None else sem
    tl.static_assert(order == "acquire" or order == "relaxed", "atomic_poll: sem must be 'acquire' or 'relaxed'")
    expected = tl.cast(expected_value, pointer.dtype.element_ty)
    seen = tl.atomic_cas(pointer, expected, expected, order, scope) == expected
    if timeout_ns is None:
        while not seen:
            seen = tl.atomic_cas(pointer, expected, expected, order, scope) == expected
    else:
        start = tl.extra.cuda.globaltimer()
        while (not seen) & (tl.extra.cuda.globaltimer() - start < timeout_ns):
            seen = tl.atomic_cas(pointer, expected, expected, order, scope) == expected
    return seen


# ---- casts


def convert_custom_float8_sm70(arg, dst_ty, fp_downcast_rounding: tl.constexpr = None):
    return arg.to(dst_ty.scalar, fp_downcast_rounding=fp_downcast_rounding)


def convert_custom_float8_sm80(arg, dst_ty, fp_downcast_rounding: tl.constexpr = None):
    return arg.to(dst_ty.scalar, fp_downcast_rounding=fp_downcast_rounding)
