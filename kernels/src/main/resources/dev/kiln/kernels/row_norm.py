"""Layer norm and RMS norm of rows, with a residual added before, forward and backward.

Layer norm: y = (x - mean) / sqrt(var + eps) w + b, with mean and variance of the row (Ba et al.,
2016). RMS norm: y = x / sqrt(mean(x^2) + eps) w (Zhang and Sennrich, 2019). The mean is taken first
and the variance from the differences, so that a large mean does not cancel.

With a residual r, x + r takes the place of x. It is stored, rounded to its dtype, for the next
layer and for the backward pass; what is normalised is what was stored.

With h the normalised row and g = dy w, the gradient is dx = (g - mean(g) - h mean(g h)) rstd, for
RMS norm without mean(g). dw = sum(dy h) and db = sum(dy) over all rows are added up in one order:
first over a part of the rows, then over the parts.
"""

import triton
import triton.language as tl


@triton.jit
def load_row(ptr, rows, cols, stride, mask, COMPUTE: tl.constexpr):
    return tl.load(ptr + rows[:, None] * stride + cols[None, :], mask=mask, other=0.0).to(COMPUTE)


@triton.jit
def scaled(h, weight_ptr, bias_ptr, cols, n_cols, COMPUTE: tl.constexpr):
    """h w + b."""
    if weight_ptr is not None:
        h = h * tl.load(weight_ptr + cols, mask=cols < n_cols, other=0.0).to(COMPUTE)[None, :]
    if bias_ptr is not None:
        h = h + tl.load(bias_ptr + cols, mask=cols < n_cols, other=0.0).to(COMPUTE)[None, :]
    return h


# ptx sm_80, sm_90a [layer norm of 1024]: registers <= 40, spills == 0, sectors == ideal
# ptx sm_80, sm_90a [layer norm of 1024]: bank_conflicts == 0
# ptx sm_80, sm_90a [rms norm of 1024]: registers <= 40, spills == 0, sectors == ideal
@triton.jit
def row_norm_forward_kernel(
    x_ptr,
    residual_ptr,  # or None
    sum_ptr,  # receives x + residual; None without a residual
    weight_ptr,  # or None for 1
    bias_ptr,  # or None for 0
    y_ptr,
    mean_ptr,  # receives the mean of each row; or None
    rstd_ptr,  # receives 1 / sqrt(var + eps) of each row; or None
    stride_x,
    stride_residual,
    stride_sum,
    stride_y,
    n_rows,
    n_cols,
    eps,
    CENTERED: tl.constexpr,  # layer norm; otherwise RMS norm
    COMPUTE: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
    WHOLE: tl.constexpr,  # a block holds a row
):
    rows = tl.program_id(axis=0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    row_mask = rows < n_rows
    cols = tl.arange(0, BLOCK)
    y_rows = y_ptr + rows[:, None] * stride_y
    if WHOLE:
        mask = row_mask[:, None] & (cols < n_cols)[None, :]
        x = load_row(x_ptr, rows, cols, stride_x, mask, COMPUTE)
        if residual_ptr is not None:
            x = x + load_row(residual_ptr, rows, cols, stride_residual, mask, COMPUTE)
            x = x.to(sum_ptr.dtype.element_ty)
            tl.store(sum_ptr + rows[:, None] * stride_sum + cols[None, :], x, mask=mask)
            x = x.to(COMPUTE)
        if CENTERED:
            mean = tl.sum(x, axis=1) / n_cols
            x = tl.where(mask, x - mean[:, None], 0.0)
        rstd = 1.0 / tl.sqrt(tl.sum(x * x, axis=1) / n_cols + eps)
        y = scaled(x * rstd[:, None], weight_ptr, bias_ptr, cols, n_cols, COMPUTE)
        tl.store(y_rows + cols[None, :], y, mask=mask)
    else:
        sums = tl.zeros((ROWS,), dtype=COMPUTE)
        squares = tl.zeros((ROWS,), dtype=COMPUTE)
        for start in range(0, n_cols, BLOCK):
            at = start + cols
            mask = row_mask[:, None] & (at < n_cols)[None, :]
            x = load_row(x_ptr, rows, at, stride_x, mask, COMPUTE)
            if residual_ptr is not None:
                x = x + load_row(residual_ptr, rows, at, stride_residual, mask, COMPUTE)
                x = x.to(sum_ptr.dtype.element_ty)
                tl.store(sum_ptr + rows[:, None] * stride_sum + at[None, :], x, mask=mask)
                x = x.to(COMPUTE)
            if CENTERED:
                sums += tl.sum(x, axis=1)
            else:
                squares += tl.sum(x * x, axis=1)
        in_ptr = x_ptr
        stride_in = stride_x
        if residual_ptr is not None:
            in_ptr = sum_ptr
            stride_in = stride_sum
            # What this program stored is read again by other threads of it.
            tl.debug_barrier()
        mean = sums / n_cols
        if CENTERED:
            for start in range(0, n_cols, BLOCK):
                at = start + cols
                mask = row_mask[:, None] & (at < n_cols)[None, :]
                x = load_row(in_ptr, rows, at, stride_in, mask, COMPUTE)
                x = tl.where(mask, x - mean[:, None], 0.0)
                squares += tl.sum(x * x, axis=1)
        rstd = 1.0 / tl.sqrt(squares / n_cols + eps)
        for start in range(0, n_cols, BLOCK):
            at = start + cols
            mask = row_mask[:, None] & (at < n_cols)[None, :]
            x = load_row(in_ptr, rows, at, stride_in, mask, COMPUTE)
            h = (x - mean[:, None]) * rstd[:, None]
            y = scaled(h, weight_ptr, bias_ptr, at, n_cols, COMPUTE)
            tl.store(y_rows + at[None, :], y, mask=mask)
    if CENTERED:
        if mean_ptr is not None:
            tl.store(mean_ptr + rows, mean, mask=row_mask)
    if rstd_ptr is not None:
        tl.store(rstd_ptr + rows, rstd, mask=row_mask)


@triton.jit
def deviation(x, mean, cols, n_cols, eps, CENTERED: tl.constexpr):
    """1 / sqrt(var + eps) of a row."""
    if CENTERED:
        x = tl.where(cols < n_cols, x - mean, 0.0)
    return 1.0 / tl.sqrt(tl.sum(x * x) / n_cols + eps)


@triton.jit
def row_norm_stream_kernel(
    x_ptr,
    weight_ptr,  # or None for 1
    bias_ptr,  # or None for 0
    y_ptr,
    mean_ptr,  # receives the mean of each row; or None
    rstd_ptr,  # receives 1 / sqrt(var + eps) of each row; or None
    stride_x,
    stride_y,
    n_rows,
    n_cols,
    eps,
    run,  # rows of a program
    CENTERED: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,  # holds a row
):
    """For CPUs: one loop writes a row and reads the next one, so that memory is never idle."""
    cols = tl.arange(0, BLOCK)
    mask = cols < n_cols
    first = tl.program_id(axis=0) * run
    last = tl.minimum(first + run, n_rows)
    wide = first.to(tl.int64)
    x = tl.load(x_ptr + wide * stride_x + cols, mask=mask, other=0.0).to(COMPUTE)
    mean = eps
    if CENTERED:
        mean = tl.sum(x) / n_cols
    rstd = deviation(x, mean, cols, n_cols, eps, CENTERED)
    for row in range(first, last):
        if CENTERED:
            if mean_ptr is not None:
                tl.store(mean_ptr + row, mean)
        if rstd_ptr is not None:
            tl.store(rstd_ptr + row, rstd)
        # The last row is read once more: cheaper than a mask.
        wide = tl.minimum(row + 1, last - 1).to(tl.int64)
        ahead = tl.load(x_ptr + wide * stride_x + cols, mask=mask, other=0.0).to(COMPUTE)
        next_mean = mean
        if CENTERED:
            next_mean = tl.sum(ahead) / n_cols
        else:
            next_rstd = deviation(ahead, mean, cols, n_cols, eps, CENTERED)
        wide = row.to(tl.int64)
        h = tl.load(x_ptr + wide * stride_x + cols, mask=mask, other=0.0).to(COMPUTE)
        if CENTERED:
            h = h - mean
        h = h * rstd
        if weight_ptr is not None:
            h = h * tl.load(weight_ptr + cols, mask=mask, other=0.0).to(COMPUTE)
        if bias_ptr is not None:
            h = h + tl.load(bias_ptr + cols, mask=mask, other=0.0).to(COMPUTE)
        tl.store(y_ptr + wide * stride_y + cols, h, mask=mask)
        if CENTERED:
            # From the cache, where the loop above has left the row.
            next_rstd = deviation(ahead, next_mean, cols, n_cols, eps, CENTERED)
        mean = next_mean
        rstd = next_rstd


@triton.jit
def normalised(
    x_ptr, rows, cols, stride_x, mask, mean, rstd, CENTERED: tl.constexpr, COMPUTE: tl.constexpr
):
    """The row before weight and bias; whatever where there is nothing."""
    x = load_row(x_ptr, rows, cols, stride_x, mask, COMPUTE)
    if CENTERED:
        x = x - mean[:, None]
    return x * rstd[:, None]


@triton.jit
def row_norm_backward_kernel(
    dy_ptr,
    x_ptr,  # what was normalised: x + residual if there was one
    weight_ptr,
    mean_ptr,  # None for RMS norm
    rstd_ptr,
    dsum_ptr,  # gradient of x + residual from elsewhere, which is added to dx; or None
    dx_ptr,  # gradient of x, and of the residual
    dweight_ptr,  # receives one row of sums for each program; or None
    dbias_ptr,  # likewise
    stride_dy,
    stride_x,
    stride_dsum,
    stride_dx,
    n_rows,
    n_cols,
    part_rows,  # rows of a program, a multiple of ROWS
    CENTERED: tl.constexpr,
    COMPUTE: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
    WHOLE: tl.constexpr,  # a block holds a row; otherwise without dweight_ptr and dbias_ptr
):
    part = tl.program_id(axis=0).to(tl.int64)
    cols = tl.arange(0, BLOCK)
    dweight = tl.zeros((BLOCK,), dtype=COMPUTE)
    dbias = tl.zeros((BLOCK,), dtype=COMPUTE)
    for first in range(0, part_rows, ROWS):
        rows = part * part_rows + first + tl.arange(0, ROWS)
        row_mask = rows < n_rows
        rstd = tl.load(rstd_ptr + rows, mask=row_mask, other=0.0)
        mean = rstd
        if CENTERED:
            mean = tl.load(mean_ptr + rows, mask=row_mask, other=0.0)
        dx_rows = dx_ptr + rows[:, None] * stride_dx
        if WHOLE:
            mask = row_mask[:, None] & (cols < n_cols)[None, :]
            h = normalised(x_ptr, rows, cols, stride_x, mask, mean, rstd, CENTERED, COMPUTE)
            dy = load_row(dy_ptr, rows, cols, stride_dy, mask, COMPUTE)
            if dweight_ptr is not None:
                dweight += tl.sum(dy * h, axis=0)
            if dbias_ptr is not None:
                dbias += tl.sum(dy, axis=0)
            g = scaled(dy, weight_ptr, None, cols, n_cols, COMPUTE)
            dx = g - h * (tl.sum(g * h, axis=1) / n_cols)[:, None]
            if CENTERED:
                dx = dx - (tl.sum(g, axis=1) / n_cols)[:, None]
            dx = dx * rstd[:, None]
            if dsum_ptr is not None:
                dx = dx + load_row(dsum_ptr, rows, cols, stride_dsum, mask, COMPUTE)
            tl.store(dx_rows + cols[None, :], dx, mask=mask)
        else:
            dot = tl.zeros((ROWS,), dtype=COMPUTE)
            total = tl.zeros((ROWS,), dtype=COMPUTE)
            for start in range(0, n_cols, BLOCK):
                at = start + cols
                mask = row_mask[:, None] & (at < n_cols)[None, :]
                h = normalised(x_ptr, rows, at, stride_x, mask, mean, rstd, CENTERED, COMPUTE)
                dy = load_row(dy_ptr, rows, at, stride_dy, mask, COMPUTE)
                g = scaled(dy, weight_ptr, None, at, n_cols, COMPUTE)
                dot += tl.sum(g * h, axis=1)
                total += tl.sum(g, axis=1)
            dot = dot / n_cols
            total = total / n_cols
            for start in range(0, n_cols, BLOCK):
                at = start + cols
                mask = row_mask[:, None] & (at < n_cols)[None, :]
                h = normalised(x_ptr, rows, at, stride_x, mask, mean, rstd, CENTERED, COMPUTE)
                dy = load_row(dy_ptr, rows, at, stride_dy, mask, COMPUTE)
                g = scaled(dy, weight_ptr, None, at, n_cols, COMPUTE)
                dx = g - h * dot[:, None]
                if CENTERED:
                    dx = dx - total[:, None]
                dx = dx * rstd[:, None]
                if dsum_ptr is not None:
                    dx = dx + load_row(dsum_ptr, rows, at, stride_dsum, mask, COMPUTE)
                tl.store(dx_rows + at[None, :], dx, mask=mask)
    sums = part * n_cols + cols
    if dweight_ptr is not None:
        tl.store(dweight_ptr + sums, dweight, mask=cols < n_cols)
    if dbias_ptr is not None:
        tl.store(dbias_ptr + sums, dbias, mask=cols < n_cols)


@triton.jit
def row_norm_parameters_kernel(
    dy_ptr,
    x_ptr,
    mean_ptr,  # None for RMS norm
    rstd_ptr,
    dweight_ptr,  # receives one row of sums for each part of the rows; or None
    dbias_ptr,  # likewise
    stride_dy,
    stride_x,
    n_rows,
    n_cols,
    part_rows,  # rows of a part, a multiple of ROWS
    CENTERED: tl.constexpr,
    COMPUTE: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """The gradients of weight and bias where a block does not hold a row."""
    cols = tl.program_id(axis=0) * BLOCK + tl.arange(0, BLOCK)
    part = tl.program_id(axis=1).to(tl.int64)
    dweight = tl.zeros((BLOCK,), dtype=COMPUTE)
    dbias = tl.zeros((BLOCK,), dtype=COMPUTE)
    for first in range(0, part_rows, ROWS):
        rows = part * part_rows + first + tl.arange(0, ROWS)
        row_mask = rows < n_rows
        mask = row_mask[:, None] & (cols < n_cols)[None, :]
        rstd = tl.load(rstd_ptr + rows, mask=row_mask, other=0.0)
        mean = rstd
        if CENTERED:
            mean = tl.load(mean_ptr + rows, mask=row_mask, other=0.0)
        dy = load_row(dy_ptr, rows, cols, stride_dy, mask, COMPUTE)
        h = normalised(x_ptr, rows, cols, stride_x, mask, mean, rstd, CENTERED, COMPUTE)
        dweight += tl.sum(dy * h, axis=0)
        dbias += tl.sum(dy, axis=0)
    sums = part * n_cols + cols
    if dweight_ptr is not None:
        tl.store(dweight_ptr + sums, dweight, mask=cols < n_cols)
    if dbias_ptr is not None:
        tl.store(dbias_ptr + sums, dbias, mask=cols < n_cols)
