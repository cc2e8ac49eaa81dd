"""Spectral norm of a matrix by power iteration, forward and backward.

y = w / sigma, sigma = u^T w v: the largest singular value, as far as u and v are its singular vectors
(Miyato et al., 2018). A step of the iteration is v = w^T u / |w^T u|, u = w v / |w v|; u and v are
kept from one call to the next. With u and v held fixed, dw = (dy - sum(dy y) u v^T) / sigma.
"""

import triton
import triton.language as tl


@triton.jit
def load_tile(ptr, rows, cols, stride, n_rows, n_cols, COMPUTE: tl.constexpr):
    mask = (rows < n_rows)[:, None] & (cols < n_cols)[None, :]
    return tl.load(ptr + rows[:, None] * stride + cols[None, :], mask=mask, other=0.0).to(COMPUTE)


@triton.jit
def rows_times_kernel(
    w_ptr,
    v_ptr,
    product_ptr,  # receives w v
    stride,
    n_rows,
    n_cols,
    COMPUTE: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    rows = tl.program_id(axis=0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    sums = tl.zeros((ROWS,), dtype=COMPUTE)
    for start in range(0, n_cols, BLOCK):
        cols = start + tl.arange(0, BLOCK)
        w = load_tile(w_ptr, rows, cols, stride, n_rows, n_cols, COMPUTE)
        v = tl.load(v_ptr + cols, mask=cols < n_cols, other=0.0)
        sums += tl.sum(w * v[None, :], axis=1)
    tl.store(product_ptr + rows, sums, mask=rows < n_rows)


@triton.jit
def columns_times_kernel(
    w_ptr,
    u_ptr,
    product_ptr,  # receives w^T u
    stride,
    n_rows,
    n_cols,
    COMPUTE: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    cols = tl.program_id(axis=0) * BLOCK + tl.arange(0, BLOCK)
    sums = tl.zeros((BLOCK,), dtype=COMPUTE)
    for start in range(0, n_rows, ROWS):
        rows = start + tl.arange(0, ROWS).to(tl.int64)
        w = load_tile(w_ptr, rows, cols, stride, n_rows, n_cols, COMPUTE)
        u = tl.load(u_ptr + rows, mask=rows < n_rows, other=0.0)
        sums += tl.sum(w * u[:, None], axis=0)
    tl.store(product_ptr + cols, sums, mask=cols < n_cols)


@triton.jit
def to_unit_length_kernel(
    x_ptr,
    unit_ptr,  # receives x / max(|x|, eps); or None
    dot_ptr,  # a vector; or None
    sigma_ptr,  # receives the scalar product of that vector with x
    n,
    eps,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
):
    squares = tl.zeros((BLOCK,), dtype=COMPUTE)
    products = tl.zeros((BLOCK,), dtype=COMPUTE)
    for start in range(0, n, BLOCK):
        at = start + tl.arange(0, BLOCK)
        x = tl.load(x_ptr + at, mask=at < n, other=0.0)
        squares += x * x
        if dot_ptr is not None:
            products += x * tl.load(dot_ptr + at, mask=at < n, other=0.0)
    if unit_ptr is not None:
        scale = 1.0 / tl.maximum(tl.sqrt(tl.sum(squares, axis=0)), eps)
        for start in range(0, n, BLOCK):
            at = start + tl.arange(0, BLOCK)
            x = tl.load(x_ptr + at, mask=at < n, other=0.0)
            tl.store(unit_ptr + at, x * scale, mask=at < n)
    if dot_ptr is not None:
        tl.store(sigma_ptr, tl.sum(products, axis=0))


@triton.jit
def divide_kernel(
    w_ptr,
    sigma_ptr,
    y_ptr,
    stride_w,
    stride_y,
    n_rows,
    n_cols,
    COMPUTE: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    rows = tl.program_id(axis=0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    cols = tl.program_id(axis=1) * BLOCK + tl.arange(0, BLOCK)
    w = load_tile(w_ptr, rows, cols, stride_w, n_rows, n_cols, COMPUTE)
    mask = (rows < n_rows)[:, None] & (cols < n_cols)[None, :]
    y = w / tl.load(sigma_ptr)
    tl.store(y_ptr + rows[:, None] * stride_y + cols[None, :], y, mask=mask)


@triton.jit
def row_dots_kernel(
    dy_ptr,
    w_ptr,
    dots_ptr,  # receives sum(dy w) of each row
    stride_dy,
    stride_w,
    n_rows,
    n_cols,
    COMPUTE: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    rows = tl.program_id(axis=0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    dots = tl.zeros((ROWS,), dtype=COMPUTE)
    for start in range(0, n_cols, BLOCK):
        cols = start + tl.arange(0, BLOCK)
        dy = load_tile(dy_ptr, rows, cols, stride_dy, n_rows, n_cols, COMPUTE)
        w = load_tile(w_ptr, rows, cols, stride_w, n_rows, n_cols, COMPUTE)
        dots += tl.sum(dy * w, axis=1)
    tl.store(dots_ptr + rows, dots, mask=rows < n_rows)


@triton.jit
def spectral_norm_backward_kernel(
    dy_ptr,
    u_ptr,
    v_ptr,
    sigma_ptr,
    dots_ptr,  # sum(dy w) of each row
    dw_ptr,
    stride_dy,
    stride_dw,
    n_rows,
    n_cols,
    COMPUTE: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    rows = tl.program_id(axis=0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    cols = tl.program_id(axis=1) * BLOCK + tl.arange(0, BLOCK)
    dots = tl.zeros((BLOCK,), dtype=COMPUTE)
    for start in range(0, n_rows, BLOCK):
        at = start + tl.arange(0, BLOCK)
        dots += tl.load(dots_ptr + at, mask=at < n_rows, other=0.0)
    sigma = tl.load(sigma_ptr)
    share = tl.sum(dots, axis=0) / sigma
    u = tl.load(u_ptr + rows, mask=rows < n_rows, other=0.0)
    v = tl.load(v_ptr + cols, mask=cols < n_cols, other=0.0)
    dy = load_tile(dy_ptr, rows, cols, stride_dy, n_rows, n_cols, COMPUTE)
    dw = (dy - (share * u)[:, None] * v[None, :]) / sigma
    mask = (rows < n_rows)[:, None] & (cols < n_cols)[None, :]
    tl.store(dw_ptr + rows[:, None] * stride_dw + cols[None, :], dw, mask=mask)
