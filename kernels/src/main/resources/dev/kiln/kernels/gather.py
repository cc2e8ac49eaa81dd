"""Elements chosen by index along an axis, and the ways back: gather, scatter, scatter-add.

Arrays count as outer x length x inner. Indices have an element for each of the result (gather,
scatter) or one for each position along the axis (select, add rows).

Scattering is deterministic: a column, all elements with one outer and one inner index, belongs to
one lane of one program, which goes through the positions in order. So sums are added up in that
order, and of elements that are set to one place the last stays.
"""

import triton
import triton.language as tl


@triton.jit
def gather_kernel(
    x_ptr,
    indices_ptr,
    y_ptr,
    length,  # of x along the axis
    count,  # of y
    inner,
    IS_FLOAT: tl.constexpr,
    BLOCK: tl.constexpr,
):
    outer = tl.program_id(axis=0).to(tl.int64)
    places = tl.program_id(axis=1) * BLOCK + tl.arange(0, BLOCK)
    mask = places < count * inner
    start = outer * count * inner
    index = tl.load(indices_ptr + start + places, mask=mask, other=0).to(tl.int64)
    is_inside = (index >= 0) & (index < length)
    source = x_ptr + (outer * length + index) * inner + places % inner
    other: tl.constexpr = float("nan") if IS_FLOAT else 0
    x = tl.load(source, mask=mask & is_inside, other=other)
    tl.store(y_ptr + start + places, x, mask=mask)


@triton.jit
def select_kernel(
    x_ptr,
    indices_ptr,
    y_ptr,
    length,
    count,
    inner,
    IS_FLOAT: tl.constexpr,
    ROWS_OF_PROGRAM: tl.constexpr,
    BLOCK: tl.constexpr,
):
    outer = tl.program_id(axis=2).to(tl.int64)
    first = tl.program_id(axis=0) * ROWS_OF_PROGRAM
    cols = tl.program_id(axis=1) * BLOCK + tl.arange(0, BLOCK)
    mask = cols < inner
    other: tl.constexpr = float("nan") if IS_FLOAT else 0
    for place in range(first, min(first + ROWS_OF_PROGRAM, count)):
        index = tl.load(indices_ptr + place).to(tl.int64)
        is_inside = (index >= 0) & (index < length)
        source = x_ptr + (outer * length + index) * inner + cols
        x = tl.load(source, mask=mask & is_inside, other=other)
        tl.store(y_ptr + (outer * count + place) * inner + cols, x, mask=mask)


@triton.jit
def scatter_kernel(
    x_ptr,
    indices_ptr,
    y_ptr,
    length,  # of y along the axis
    count,  # of x
    n_cols,
    x_outer,
    y_outer,
    step,  # distance of neighbours along the axis, in both arrays
    x_col,
    y_col,
    ADD: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
):
    outer = tl.program_id(axis=0).to(tl.int64)
    cols = (tl.program_id(axis=1) * BLOCK + tl.arange(0, BLOCK)).to(tl.int64)
    mask = cols < n_cols
    for place in range(0, count):
        x_place = outer * x_outer + place.to(tl.int64) * step + cols * x_col
        index = tl.load(indices_ptr + x_place, mask=mask, other=-1).to(tl.int64)
        is_inside = mask & (index >= 0) & (index < length)
        target = y_ptr + outer * y_outer + index * step + cols * y_col
        x = tl.load(x_ptr + x_place, mask=is_inside, other=0)
        if ADD:
            x = x.to(COMPUTE) + tl.load(target, mask=is_inside, other=0).to(COMPUTE)
        tl.store(target, x, mask=is_inside)


@triton.jit
def add_rows_kernel(
    x_ptr,
    indices_ptr,
    y_ptr,
    length,
    count,
    inner,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
):
    outer = tl.program_id(axis=0).to(tl.int64)
    cols = tl.program_id(axis=1) * BLOCK + tl.arange(0, BLOCK)
    mask = cols < inner
    for place in range(0, count):
        index = tl.load(indices_ptr + place).to(tl.int64)
        is_inside = mask & (index >= 0) & (index < length)
        x = tl.load(x_ptr + (outer * count + place) * inner + cols, mask=mask, other=0).to(COMPUTE)
        target = y_ptr + (outer * length + index) * inner + cols
        total = tl.load(target, mask=is_inside, other=0).to(COMPUTE) + x
        tl.store(target, total, mask=is_inside)
