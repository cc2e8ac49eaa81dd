"""Reductions over any axes of an array with any strides, and their gradients.

An array has one kept axis and one reduced axis that make up a tile. Up to three more kept axes
are counted through by programs (outer), up to two more reduced ones in a loop. Neighbours in
memory lie along either axis of the tile: along the reduced axis for sums of rows, along the kept
one for sums of columns.

A long reduction is split: each part writes its result to rows of their own, and a second launch
reduces those, always in the same order.

    sum f(x)    product x    max x    min x    log sum exp(x)

with f the identity, the magnitude, the square, or the square of the deviation from a mean. NaN
wins against every number in max and min, as in PyTorch.
"""

import triton
import triton.language as tl


@triton.jit
def times(a, b):
    return a * b


@triton.jit
def larger(a, b):
    if a.dtype.is_floating():
        larger_one = tl.where((a > b) | (a != a), a, b)
    else:
        larger_one = tl.where(a > b, a, b)
    return larger_one


@triton.jit
def smaller(a, b):
    if a.dtype.is_floating():
        smaller_one = tl.where((a < b) | (a != a), a, b)
    else:
        smaller_one = tl.where(a < b, a, b)
    return smaller_one


@triton.constexpr_function
def neutral(combine, dtype):
    """What changes nothing."""
    if combine == "sum":
        return 0
    if combine == "prod":
        return 1
    if dtype.is_floating():
        return float("inf") if combine == "min" else float("-inf")
    return dtype.get_int_max_value() if combine == "min" else dtype.get_int_min_value()


@triton.jit
def three_axes(index, n1, n2, s0, s1, s2):
    """The offset of an index that counts through three axes of extents any, n1 and n2."""
    upper = index // n2
    offset = (index % n2).to(tl.int64) * s2 + (upper % n1).to(tl.int64) * s1
    return offset + (upper // n1).to(tl.int64) * s0


@triton.jit
def finite_or_zero(x):
    return tl.where(tl.abs(x) == float("inf"), 0.0, x)


@triton.jit
def mapped(x, center, in_reduced, MAP: tl.constexpr):
    if MAP == "abs":
        y = tl.abs(x)
    elif MAP == "square":
        y = x * x
    elif MAP == "nonzero":
        y = (x != 0).to(x.dtype)
    elif MAP == "deviation":
        distance = tl.where(in_reduced, x - center[:, None], 0.0)
        y = distance * distance
    else:
        tl.static_assert(MAP == "none", "no such function")
        y = x
    return y


@triton.jit
def reduce_kernel(
    x_ptr,
    center_ptr,  # or None: the mean from which deviations are taken, laid out as y
    y_ptr,
    n_kept,
    n_reduced,
    n_outer,
    outer1,  # extents of the second and third outer axis
    outer2,
    loop1,  # extent of the second axis of the loop
    steps,  # blocks of the reduced axis, times extents of the loop
    steps_of_part,
    xo0,
    xo1,
    xo2,
    xk,
    xl0,
    xl1,
    xr,
    yo0,
    yo1,
    yo2,
    yk,
    y_part,
    scale,
    MAP: tl.constexpr,
    COMBINE: tl.constexpr,
    SQRT: tl.constexpr,
    SCALED: tl.constexpr,
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
    blocks = tl.cdiv(n_reduced, BLOCK_REDUCED)
    start: tl.constexpr = neutral(COMBINE, COMPUTE)
    # Outside the array; mapped like all others.
    is_mapped: tl.constexpr = MAP != "none"
    empty: tl.constexpr = 0 if COMBINE == "sum" or (COMBINE == "max" and is_mapped) else start
    for outer in range(first_outer, min(first_outer + OUTER_OF_PROGRAM, n_outer)):
        x_outer = x_ptr + three_axes(outer, outer1, outer2, xo0, xo1, xo2)
        y_outer = three_axes(outer, outer1, outer2, yo0, yo1, yo2)
        y_offsets = y_outer + kept.to(tl.int64) * yk
        if MAP == "deviation":
            center = tl.load(center_ptr + y_offsets, mask=in_kept, other=0.0)
        else:
            center = tl.zeros((BLOCK_KEPT,), dtype=COMPUTE)
        total = tl.full((BLOCK_KEPT,), start, dtype=COMPUTE)
        if COMBINE == "logsumexp":
            top = tl.full((BLOCK_KEPT,), float("-inf"), dtype=COMPUTE)
            total = tl.zeros((BLOCK_KEPT,), dtype=COMPUTE)
        for step in range(first_step, last_step):
            loop = step // blocks
            reduced = (step % blocks) * BLOCK_REDUCED + tl.arange(0, BLOCK_REDUCED)
            x_block = x_outer + (loop // loop1).to(tl.int64) * xl0
            x_block += (loop % loop1).to(tl.int64) * xl1
            offsets = kept.to(tl.int64)[:, None] * xk + reduced.to(tl.int64)[None, :] * xr
            inside = in_kept[:, None] & (reduced < n_reduced)[None, :]
            x = tl.load(x_block + offsets, mask=inside, other=empty).to(COMPUTE)
            x = mapped(x, center, (reduced < n_reduced)[None, :], MAP)
            if COMBINE == "sum":
                total += tl.sum(x, axis=1)
            elif COMBINE == "prod":
                total *= tl.reduce(x, 1, times)
            elif COMBINE == "max":
                total = larger(total, tl.reduce(x, 1, larger))
            elif COMBINE == "min":
                total = smaller(total, tl.reduce(x, 1, smaller))
            else:
                tl.static_assert(COMBINE == "logsumexp", "no such reduction")
                # An infinite top is not subtracted: it would give NaN.
                next_top = larger(top, tl.reduce(x, 1, larger))
                shift = finite_or_zero(next_top)
                kept_part = tl.exp(finite_or_zero(top) - shift)
                total = tl.where(top > float("-inf"), total * kept_part, 0.0)
                total += tl.sum(tl.exp(x - shift[:, None]), axis=1)
                top = next_top
        if COMBINE == "logsumexp":
            total = tl.log(total) + finite_or_zero(top)
        if SCALED:
            total = total * scale
        if SQRT:
            total = tl.sqrt(total)
        y_ptrs = y_ptr + part.to(tl.int64) * y_part + y_offsets
        tl.store(y_ptrs, total, mask=in_kept)


@triton.jit
def reduce_backward_kernel(
    x_ptr,  # or None where the gradient does not need it
    y_ptr,  # or None: the result; the mean for a variance
    index_ptr,  # or None: where the largest or smallest element lies along the reduced axis
    dy_ptr,
    dx_ptr,
    n_kept,
    n_reduced,
    n_outer,
    outer1,
    outer2,
    loop1,
    steps,
    steps_of_part,
    xo0,
    xo1,
    xo2,
    xk,
    xl0,
    xl1,
    xr,
    do0,
    do1,
    do2,
    dk,
    dl0,
    dl1,
    dr,
    yo0,
    yo1,
    yo2,
    yk,
    scale,
    KIND: tl.constexpr,
    COMPUTE: tl.constexpr,
    OUTER_OF_PROGRAM: tl.constexpr,
    BLOCK_KEPT: tl.constexpr,
    BLOCK_REDUCED: tl.constexpr,
):
    kept = tl.program_id(axis=0) * BLOCK_KEPT + tl.arange(0, BLOCK_KEPT)
    in_kept = kept < n_kept
    first_outer = tl.program_id(axis=1) * OUTER_OF_PROGRAM
    first_step = tl.program_id(axis=2) * steps_of_part
    last_step = min(first_step + steps_of_part, steps)
    blocks = tl.cdiv(n_reduced, BLOCK_REDUCED)
    for outer in range(first_outer, min(first_outer + OUTER_OF_PROGRAM, n_outer)):
        y_outer = three_axes(outer, outer1, outer2, yo0, yo1, yo2)
        y_offsets = y_outer + kept.to(tl.int64) * yk
        dy = tl.load(dy_ptr + y_offsets, mask=in_kept, other=0.0).to(COMPUTE) * scale
        if y_ptr is not None:
            y = tl.load(y_ptr + y_offsets, mask=in_kept, other=0.0).to(COMPUTE)
        if index_ptr is not None:
            index = tl.load(index_ptr + y_offsets, mask=in_kept, other=0).to(tl.int32)
        x_outer = three_axes(outer, outer1, outer2, xo0, xo1, xo2)
        d_outer = three_axes(outer, outer1, outer2, do0, do1, do2)
        for step in range(first_step, last_step):
            loop = step // blocks
            upper = (loop // loop1).to(tl.int64)
            lower = (loop % loop1).to(tl.int64)
            reduced = (step % blocks) * BLOCK_REDUCED + tl.arange(0, BLOCK_REDUCED)
            inside = in_kept[:, None] & (reduced < n_reduced)[None, :]
            if x_ptr is not None:
                x_block = x_ptr + x_outer + upper * xl0 + lower * xl1
                offsets = kept.to(tl.int64)[:, None] * xk + reduced.to(tl.int64)[None, :] * xr
                x = tl.load(x_block + offsets, mask=inside, other=0.0).to(COMPUTE)
            if KIND == "sum":
                dx = tl.broadcast_to(dy[:, None], (BLOCK_KEPT, BLOCK_REDUCED))
            elif KIND == "index":
                dx = tl.where(reduced[None, :] == index[:, None], dy[:, None], 0.0)
            elif KIND == "l1":
                dx = tl.where(x > 0.0, dy[:, None], tl.where(x < 0.0, -dy[:, None], 0.0))
            elif KIND == "l2":
                factor = tl.where(y > 0.0, dy / y, 0.0)
                dx = x * factor[:, None]
            elif KIND == "sum_squares":
                dx = x * (2.0 * dy)[:, None]
            elif KIND == "variance":
                dx = (x - y[:, None]) * dy[:, None]
            else:
                tl.static_assert(KIND == "logsumexp", "no such gradient")
                dx = dy[:, None] * tl.exp(x - y[:, None])
            d_block = dx_ptr + d_outer + upper * dl0 + lower * dl1
            d_offsets = kept.to(tl.int64)[:, None] * dk + reduced.to(tl.int64)[None, :] * dr
            tl.store(d_block + d_offsets, dx, mask=inside)
