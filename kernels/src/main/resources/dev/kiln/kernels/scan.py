"""Running sums, products, maxima and log-sum-exps along an axis, and the gradients of the first
two.

The array counts as outer x length x inner; neighbours lie along inner, or along the axis itself
if inner is 1. A program goes through the axis block by block and carries the last element of a
block to the next one, from the end if the scan is reversed.

An exclusive scan leaves out the element itself: it starts with what changes nothing.

The gradient of a running sum is the running sum of dy from the other side. That of a running
product needs no division, so that zeros do no harm:

    dx[i] = product over m < i of x[m]  *  sum over j >= i of dy[j] product over i < m <= j of x[m]

with the products before each element found on the way there and the sums on the way back.
"""

import triton
import triton.language as tl

from reduce import larger, neutral, times


@triton.jit
def plus(a, b):
    return a + b


@triton.jit
def log_add(a, b):
    """log(exp(a) + exp(b)); infinities are not subtracted from each other."""
    high = larger(a, b)
    low = tl.where(a == high, b, a)
    gap = tl.where(low == high, 0.0, low - high)
    sum = high + tl.log(1.0 + tl.exp(gap))
    is_infinite = (high == float("inf")) | (high == float("-inf"))
    return tl.where(is_infinite, high, sum)


@triton.jit
def combined(a, b, COMBINE: tl.constexpr):
    if COMBINE == "sum":
        c = a + b
    elif COMBINE == "prod":
        c = a * b
    elif COMBINE == "max":
        c = larger(a, b)
    else:
        tl.static_assert(COMBINE == "logsumexp", "no such scan")
        c = log_add(a, b)
    return c


@triton.jit
def scanned(x, COMBINE: tl.constexpr, REVERSE: tl.constexpr):
    if COMBINE == "sum":
        y = tl.associative_scan(x, 1, plus, REVERSE)
    elif COMBINE == "prod":
        y = tl.associative_scan(x, 1, times, REVERSE)
    elif COMBINE == "max":
        y = tl.associative_scan(x, 1, larger, REVERSE)
    else:
        y = tl.associative_scan(x, 1, log_add, REVERSE)
    return y


@triton.jit
def scan_rows_kernel(
    x_ptr,
    y_ptr,
    n_rows,
    length,
    x_row,
    y_row,
    COMBINE: tl.constexpr,
    REVERSE: tl.constexpr,
    EXCLUSIVE: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK_ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    rows = tl.program_id(axis=0) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)
    in_rows = (rows < n_rows)[:, None]
    start: tl.constexpr = neutral("max" if COMBINE == "logsumexp" else COMBINE, COMPUTE)
    carry = tl.full((BLOCK_ROWS,), start, dtype=COMPUTE)
    blocks = tl.cdiv(length, BLOCK)
    lanes = tl.arange(0, BLOCK)
    edge: tl.constexpr = 0 if REVERSE else BLOCK - 1
    for step in range(0, blocks):
        block = step
        if REVERSE:
            block = blocks - 1 - step
        columns = block * BLOCK + lanes
        inside = in_rows & (columns < length)[None, :]
        x_ptrs = x_ptr + rows.to(tl.int64)[:, None] * x_row + columns[None, :]
        y_ptrs = y_ptr + rows.to(tl.int64)[:, None] * y_row + columns[None, :]
        x = tl.load(x_ptrs, mask=inside, other=start).to(COMPUTE)
        y = combined(carry[:, None], scanned(x, COMBINE, REVERSE), COMBINE)
        if EXCLUSIVE:
            # Each element lands one place further; the first one is the carry.
            moved: tl.constexpr = -1 if REVERSE else 1
            target = columns + moved
            fits = (target >= block * BLOCK) & (target < (block + 1) * BLOCK)
            fits = fits & (target >= 0) & (target < length)
            tl.store(y_ptrs + moved, y, mask=in_rows & fits[None, :])
            first = block * BLOCK
            if REVERSE:
                first = min(first + BLOCK, length) - 1
            first_ptrs = y_ptr + rows.to(tl.int64) * y_row + first
            tl.store(first_ptrs, carry, mask=rows < n_rows)
        else:
            tl.store(y_ptrs, y, mask=inside)
        # Elements outside change nothing, so that the edge holds the whole block.
        at_edge = (lanes == edge)[None, :]
        if COMBINE == "max" or COMBINE == "logsumexp":
            carry = tl.reduce(tl.where(at_edge, y, start), 1, larger)
        else:
            carry = tl.sum(tl.where(at_edge, y, 0), axis=1)


@triton.jit
def scan_columns_kernel(
    x_ptr,
    y_ptr,
    length,
    n_cols,
    x_outer,
    x_step,
    y_outer,
    y_step,
    COMBINE: tl.constexpr,
    REVERSE: tl.constexpr,
    EXCLUSIVE: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
):
    outer = tl.program_id(axis=0).to(tl.int64)
    cols = tl.program_id(axis=1) * BLOCK + tl.arange(0, BLOCK)
    mask = cols < n_cols
    start: tl.constexpr = neutral("max" if COMBINE == "logsumexp" else COMBINE, COMPUTE)
    running = tl.full((BLOCK,), start, dtype=COMPUTE)
    for step in range(0, length):
        at = step
        if REVERSE:
            at = length - 1 - step
        x_ptrs = x_ptr + outer * x_outer + at.to(tl.int64) * x_step + cols
        y_ptrs = y_ptr + outer * y_outer + at.to(tl.int64) * y_step + cols
        x = tl.load(x_ptrs, mask=mask, other=start).to(COMPUTE)
        following = combined(running, x, COMBINE)
        if EXCLUSIVE:
            tl.store(y_ptrs, running, mask=mask)
        else:
            tl.store(y_ptrs, following, mask=mask)
        running = following


@triton.jit
def product_backward_kernel(
    x_ptr,
    dy_ptr,
    before_ptr,  # work memory in COMPUTE, of the shape of x: the products before each element
    dx_ptr,
    length,
    n_cols,
    outer_stride,
    step_stride,
    column_stride,
    REVERSE: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
):
    cols = (tl.program_id(axis=1) * BLOCK + tl.arange(0, BLOCK)).to(tl.int64)
    mask = cols < n_cols
    columns = tl.program_id(axis=0).to(tl.int64) * outer_stride + cols * column_stride
    before = tl.full((BLOCK,), 1, dtype=COMPUTE)
    for step in range(0, length):
        at = step
        if REVERSE:
            at = length - 1 - step
        place = columns + at.to(tl.int64) * step_stride
        tl.store(before_ptr + place, before, mask=mask)
        before *= tl.load(x_ptr + place, mask=mask, other=1.0).to(COMPUTE)
    behind = tl.zeros((BLOCK,), dtype=COMPUTE)
    for step in range(0, length):
        at = length - 1 - step
        if REVERSE:
            at = step
        place = columns + at.to(tl.int64) * step_stride
        behind += tl.load(dy_ptr + place, mask=mask, other=0.0).to(COMPUTE)
        product = tl.load(before_ptr + place, mask=mask, other=0.0)
        tl.store(dx_ptr + place, product * behind, mask=mask)
        behind *= tl.load(x_ptr + place, mask=mask, other=0.0).to(COMPUTE)
