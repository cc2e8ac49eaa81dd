"""Softmax and log-softmax over the last axis, forward and backward.

With s = scale x, softmax is y_j = exp(s_j) / sum_k exp(s_k), log-softmax its logarithm. Their
gradients need y only: dx = scale y (dy - sum(dy y)), and dx = scale (dy - exp(y) sum(dy)).
Elements that a mask leaves out count as minus infinity. Rows longer than a block keep a running
maximum and a running sum that is scaled whenever the maximum grows (Milakov and Gimelshein, "Online
normalizer calculation for softmax", 2018).
"""

import triton
import triton.language as tl


@triton.jit
def masked_scores(
    x_ptr,
    mask_ptr,
    stride_x,
    stride_mask,
    n_rows,
    n_cols,
    mask_rows,
    causal_rows,
    scale,
    rows,
    cols,
    CAUSAL: tl.constexpr,
    COMPUTE: tl.constexpr,
):
    """scale x, minus infinity where there is nothing or where it is masked."""
    valid = (rows < n_rows)[:, None] & (cols < n_cols)[None, :]
    seen = valid
    if CAUSAL:
        last = rows % causal_rows + (n_cols - causal_rows)
        seen = valid & (cols[None, :] <= last[:, None])
    x_ptrs = x_ptr + rows[:, None] * stride_x + cols[None, :]
    x = tl.load(x_ptrs, mask=seen, other=float("-inf")).to(COMPUTE) * scale
    if mask_ptr is not None:
        mask_ptrs = mask_ptr + (rows % mask_rows)[:, None] * stride_mask + cols[None, :]
        x = tl.where(tl.load(mask_ptrs, mask=valid, other=0) != 0, x, float("-inf"))
    return x


@triton.jit
def finite_top(top):
    # In a row without elements nothing may be subtracted: inf - inf is NaN.
    return tl.where(top == float("-inf"), 0.0, top)


@triton.jit
def positive(total):
    # A row without elements gives zeros, or logarithms of zeros, rather than NaN.
    return tl.where(total == 0.0, 1.0, total)


# ptx sm_80, sm_90a [softmax of 1024]: registers <= 40, spills == 0, bank_conflicts == 0
# ptx sm_80, sm_90a [softmax of 1024]: sectors == ideal
@triton.jit
def softmax_forward_kernel(
    x_ptr,
    mask_ptr,  # int8, mask_rows rows, 0 leaves an element out; or None
    y_ptr,
    stride_x,
    stride_mask,
    stride_y,
    n_rows,
    n_cols,
    mask_rows,  # row i of x has row i % mask_rows of the mask
    causal_rows,  # rows of one matrix; its last row sees all columns, the one above one less
    scale,
    LOG: tl.constexpr,
    CAUSAL: tl.constexpr,
    COMPUTE: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
    WHOLE: tl.constexpr,  # a block holds a row
    STAGED: tl.constexpr,  # keep exponentials where the result goes: memory is written meanwhile
):
    rows = tl.program_id(axis=0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    cols = tl.arange(0, BLOCK)
    y_rows = y_ptr + rows[:, None] * stride_y
    row_mask = (rows < n_rows)[:, None]
    if WHOLE:
        x = masked_scores(
            x_ptr, mask_ptr, stride_x, stride_mask, n_rows, n_cols, mask_rows, causal_rows,
            scale, rows, cols, CAUSAL, COMPUTE,
        )  # fmt: skip
        top = finite_top(tl.max(x, axis=1))
        exps = tl.exp(x - top[:, None])
        total = positive(tl.sum(exps, axis=1))
        y_mask = row_mask & (cols < n_cols)[None, :]
        if STAGED:
            tl.store(y_rows + cols[None, :], exps, mask=y_mask)
            exps = tl.load(y_rows + cols[None, :], mask=y_mask, other=0.0)
        if LOG:
            y = (x - top[:, None]) - tl.log(total)[:, None]
        else:
            y = exps * (1.0 / total)[:, None]
        tl.store(y_rows + cols[None, :], y, mask=y_mask)
    else:
        top = tl.full((ROWS,), float("-inf"), dtype=COMPUTE)
        total = tl.zeros((ROWS,), dtype=COMPUTE)
        for start in range(0, n_cols, BLOCK):
            x = masked_scores(
                x_ptr, mask_ptr, stride_x, stride_mask, n_rows, n_cols, mask_rows, causal_rows,
                scale, rows, start + cols, CAUSAL, COMPUTE,
            )  # fmt: skip
            higher = tl.maximum(top, tl.max(x, axis=1))
            base = finite_top(higher)
            total = total * tl.exp(top - base) + tl.sum(tl.exp(x - base[:, None]), axis=1)
            top = higher
        base = finite_top(top)
        log_total = tl.log(positive(total))
        inverse = 1.0 / positive(total)
        for start in range(0, n_cols, BLOCK):
            x = masked_scores(
                x_ptr, mask_ptr, stride_x, stride_mask, n_rows, n_cols, mask_rows, causal_rows,
                scale, rows, start + cols, CAUSAL, COMPUTE,
            )  # fmt: skip
            if LOG:
                y = (x - base[:, None]) - log_total[:, None]
            else:
                y = tl.exp(x - base[:, None]) * inverse[:, None]
            y_mask = row_mask & (start + cols < n_cols)[None, :]
            tl.store(y_rows + (start + cols)[None, :], y, mask=y_mask)


@triton.jit
def row_scores(x_ptr, row, stride_x, cols, n_cols, scale, COMPUTE: tl.constexpr):
    x_ptrs = x_ptr + row.to(tl.int64) * stride_x + cols
    return tl.load(x_ptrs, mask=cols < n_cols, other=float("-inf")).to(COMPUTE) * scale


@triton.jit
def softmax_stream_kernel(
    x_ptr,
    y_ptr,
    stride_x,
    stride_y,
    n_rows,
    n_cols,
    scale,
    run,  # rows of a program
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,  # holds a row
):
    """For CPUs, without a mask: one loop takes a row's exponentials and reads the next row."""
    cols = tl.arange(0, BLOCK)
    mask = cols < n_cols
    first = tl.program_id(axis=0) * run
    last = tl.minimum(first + run, n_rows)
    top = tl.max(row_scores(x_ptr, first, stride_x, cols, n_cols, scale, COMPUTE))
    for row in range(first, last):
        # The last row is read once more: cheaper than a mask.
        next_row = tl.minimum(row + 1, last - 1)
        next_top = tl.max(row_scores(x_ptr, next_row, stride_x, cols, n_cols, scale, COMPUTE))
        x = row_scores(x_ptr, row, stride_x, cols, n_cols, scale, COMPUTE)
        exps = tl.exp(x - finite_top(top))
        total = positive(tl.sum(exps))
        y_ptrs = y_ptr + row.to(tl.int64) * stride_y + cols
        tl.store(y_ptrs, exps, mask=mask)
        exps = tl.load(y_ptrs, mask=mask, other=0.0)
        tl.store(y_ptrs, exps * (1.0 / total), mask=mask)
        top = next_top


@triton.jit
def load_y_and_dy(
    y_ptr, dy_ptr, stride_y, stride_dy, rows, cols, mask, LOG: tl.constexpr, COMPUTE: tl.constexpr
):
    """y, and dy without what the mask of the forward pass left out."""
    y_ptrs = y_ptr + rows[:, None] * stride_y + cols[None, :]
    dy_ptrs = dy_ptr + rows[:, None] * stride_dy + cols[None, :]
    dy = tl.load(dy_ptrs, mask=mask, other=0.0).to(COMPUTE)
    if LOG:
        y = tl.load(y_ptrs, mask=mask, other=float("-inf")).to(COMPUTE)
        dy = tl.where(y == float("-inf"), 0.0, dy)
    else:
        y = tl.load(y_ptrs, mask=mask, other=0.0).to(COMPUTE)
    return y, dy


@triton.jit
def softmax_backward_kernel(
    y_ptr,  # what the forward pass gave
    dy_ptr,
    dx_ptr,
    stride_y,
    stride_dy,
    stride_dx,
    n_rows,
    n_cols,
    scale,
    LOG: tl.constexpr,
    COMPUTE: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
    WHOLE: tl.constexpr,
):
    rows = tl.program_id(axis=0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    cols = tl.arange(0, BLOCK)
    row_mask = (rows < n_rows)[:, None]
    dx_rows = dx_ptr + rows[:, None] * stride_dx
    if WHOLE:
        mask = row_mask & (cols < n_cols)[None, :]
        y, dy = load_y_and_dy(
            y_ptr, dy_ptr, stride_y, stride_dy, rows, cols, mask, LOG, COMPUTE
        )
        if LOG:
            dx = (dy - tl.exp(y) * tl.sum(dy, axis=1)[:, None]) * scale
        else:
            dx = y * (dy - tl.sum(y * dy, axis=1)[:, None]) * scale
        tl.store(dx_rows + cols[None, :], dx, mask=mask)
    else:
        dot = tl.zeros((ROWS,), dtype=COMPUTE)
        for start in range(0, n_cols, BLOCK):
            mask = row_mask & (start + cols < n_cols)[None, :]
            y, dy = load_y_and_dy(
                y_ptr, dy_ptr, stride_y, stride_dy, rows, start + cols, mask, LOG, COMPUTE
            )
            if LOG:
                dot += tl.sum(dy, axis=1)
            else:
                dot += tl.sum(y * dy, axis=1)
        for start in range(0, n_cols, BLOCK):
            mask = row_mask & (start + cols < n_cols)[None, :]
            y, dy = load_y_and_dy(
                y_ptr, dy_ptr, stride_y, stride_dy, rows, start + cols, mask, LOG, COMPUTE
            )
            if LOG:
                dx = (dy - tl.exp(y) * dot[:, None]) * scale
            else:
                dx = y * (dy - dot[:, None]) * scale
            tl.store(dx_rows + (start + cols)[None, :], dx, mask=mask)
