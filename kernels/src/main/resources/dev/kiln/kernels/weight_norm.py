"""Weight norm of rows, forward and backward.

w = g v / |v| for each row v (Salimans and Kingma, 2016). dg = dw.v / |v|, and
dv = g / |v| (dw - (dw.v) v / |v|^2), which is orthogonal to v.
"""

import triton
import triton.language as tl


@triton.jit
def load_part(ptr, rows, cols, row_mask, stride, n_cols, COMPUTE: tl.constexpr):
    mask = row_mask[:, None] & (cols < n_cols)[None, :]
    return tl.load(ptr + rows[:, None] * stride + cols[None, :], mask=mask, other=0.0).to(COMPUTE)


@triton.jit
def weight_norm_forward_kernel(
    v_ptr,
    g_ptr,  # a number for each row
    w_ptr,
    norms_ptr,  # receives |v| of each row; or None
    stride_v,
    stride_w,
    n_rows,
    n_cols,
    COMPUTE: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    rows = tl.program_id(axis=0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    row_mask = rows < n_rows
    squares = tl.zeros((ROWS,), dtype=COMPUTE)
    for start in range(0, n_cols, BLOCK):
        cols = start + tl.arange(0, BLOCK)
        v = load_part(v_ptr, rows, cols, row_mask, stride_v, n_cols, COMPUTE)
        squares += tl.sum(v * v, axis=1)
    norm = tl.sqrt(squares)
    g = tl.load(g_ptr + rows, mask=row_mask, other=0.0).to(COMPUTE)
    scale = g / norm
    for start in range(0, n_cols, BLOCK):
        cols = start + tl.arange(0, BLOCK)
        v = load_part(v_ptr, rows, cols, row_mask, stride_v, n_cols, COMPUTE)
        mask = row_mask[:, None] & (cols < n_cols)[None, :]
        tl.store(w_ptr + rows[:, None] * stride_w + cols[None, :], v * scale[:, None], mask=mask)
    if norms_ptr is not None:
        tl.store(norms_ptr + rows, norm, mask=row_mask)


@triton.jit
def weight_norm_backward_kernel(
    dw_ptr,
    v_ptr,
    g_ptr,
    norms_ptr,  # |v| of each row
    dv_ptr,
    dg_ptr,
    stride_dw,
    stride_v,
    stride_dv,
    n_rows,
    n_cols,
    COMPUTE: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    rows = tl.program_id(axis=0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    row_mask = rows < n_rows
    norm = tl.load(norms_ptr + rows, mask=row_mask, other=1.0)
    inverse = (1.0 / norm)[:, None]
    dot = tl.zeros((ROWS,), dtype=COMPUTE)
    for start in range(0, n_cols, BLOCK):
        cols = start + tl.arange(0, BLOCK)
        v = load_part(v_ptr, rows, cols, row_mask, stride_v, n_cols, COMPUTE)
        dw = load_part(dw_ptr, rows, cols, row_mask, stride_dw, n_cols, COMPUTE)
        dot += tl.sum(dw * (v * inverse), axis=1)
    scale = tl.load(g_ptr + rows, mask=row_mask, other=0.0).to(COMPUTE) / norm
    for start in range(0, n_cols, BLOCK):
        cols = start + tl.arange(0, BLOCK)
        v = load_part(v_ptr, rows, cols, row_mask, stride_v, n_cols, COMPUTE)
        dw = load_part(dw_ptr, rows, cols, row_mask, stride_dw, n_cols, COMPUTE)
        dv = scale[:, None] * (dw - dot[:, None] * (v * inverse))
        mask = row_mask[:, None] & (cols < n_cols)[None, :]
        tl.store(dv_ptr + rows[:, None] * stride_dv + cols[None, :], dv, mask=mask)
    tl.store(dg_ptr + rows, dot, mask=row_mask)
