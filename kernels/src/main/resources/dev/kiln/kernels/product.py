"""What the matrix products share: the order of tiles, the loop over K, the epilogue.

The epilogue of every product is

    z = alpha s_m t_n (A B)_mn + bias_n
    C = activation(z) activation'(saved) + residual + beta C

where each part may be absent: s and t are scales of rows and columns (they undo a quantisation),
`activation'(saved)` is there in backward products, and z may be stored beside C. All of it is
computed in COMPUTE, before C is written once.
"""

import triton
import triton.language as tl
from activation import activation_gradient, apply_activation


@triton.jit
def tile_position(tile, tiles_m, tiles_n, GROUP_M: tl.constexpr):
    """Row and column of a tile. Tiles are numbered in groups of GROUP_M rows of tiles, so that
    programs that run at the same time share tiles of A and of B in the cache."""
    tiles_in_group = GROUP_M * tiles_n
    group = tile // tiles_in_group
    first_m = group * GROUP_M
    group_rows = min(tiles_m - first_m, GROUP_M)
    within = tile % tiles_in_group
    return first_m + within % group_rows, within // group_rows


@triton.jit
def multiply(
    a_ptr,
    b_ptr,
    offs_m,
    offs_n,
    M,  # rows from here on count as 0
    N,
    first_k,
    end_k,
    stride_am,
    stride_ak,
    stride_bk,
    stride_bn,
    ACC: tl.constexpr,  # the dtype of sums
    INPUT_PRECISION: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
):
    """A tile of A B, summed over k from first_k to end_k."""
    mask_m = offs_m < M
    mask_n = offs_n < N
    acc = tl.zeros((BLOCK_M, BLOCK_N), dtype=ACC)
    for k in range(first_k, end_k, BLOCK_K):
        offs_k = k + tl.arange(0, BLOCK_K)
        mask_k = offs_k < end_k
        a_ptrs = a_ptr + offs_m[:, None] * stride_am + offs_k[None, :] * stride_ak
        b_ptrs = b_ptr + offs_k[:, None] * stride_bk + offs_n[None, :] * stride_bn
        a = tl.load(a_ptrs, mask=mask_m[:, None] & mask_k[None, :], other=0)
        b = tl.load(b_ptrs, mask=mask_k[:, None] & mask_n[None, :], other=0)
        acc = tl.dot(a, b, acc, input_precision=INPUT_PRECISION, out_dtype=ACC)
    return acc


@triton.jit
def finish(
    acc,
    offs_m,
    offs_n,
    M,
    N,
    c_ptr,
    pre_ptr,  # receives z; or None, as every pointer and number from here on
    saved_ptr,  # what the activation was applied to, in a backward product
    residual_ptr,
    bias_ptr,
    row_scale_ptr,
    column_scale_ptr,
    alpha,
    beta,
    stride_cm,  # of C, pre and saved
    stride_cn,
    stride_rm,
    stride_rn,
    ACTIVATION: tl.constexpr,  # a name that activation.py knows
    COMPUTE: tl.constexpr,
):
    """Applies the epilogue to a tile of A B and stores it."""
    mask_m = offs_m < M
    mask_n = offs_n < N
    mask = mask_m[:, None] & mask_n[None, :]
    offs_c = offs_m[:, None] * stride_cm + offs_n[None, :] * stride_cn
    y = acc.to(COMPUTE)
    if row_scale_ptr is not None:
        y = y * tl.load(row_scale_ptr + offs_m, mask=mask_m, other=0.0).to(COMPUTE)[:, None]
    if column_scale_ptr is not None:
        y = y * tl.load(column_scale_ptr + offs_n, mask=mask_n, other=0.0).to(COMPUTE)[None, :]
    if alpha is not None:
        y = y * alpha
    if bias_ptr is not None:
        y = y + tl.load(bias_ptr + offs_n, mask=mask_n, other=0.0).to(COMPUTE)[None, :]
    if pre_ptr is not None:
        tl.store(pre_ptr + offs_c, y, mask=mask)
    if saved_ptr is not None:
        saved = tl.load(saved_ptr + offs_c, mask=mask, other=0.0).to(COMPUTE)
        y = activation_gradient(saved, y, ACTIVATION)
    else:
        y = apply_activation(y, ACTIVATION)
    if residual_ptr is not None:
        offs_r = offs_m[:, None] * stride_rm + offs_n[None, :] * stride_rn
        y = y + tl.load(residual_ptr + offs_r, mask=mask, other=0.0).to(COMPUTE)
    if beta is not None:
        y = y + beta * tl.load(c_ptr + offs_c, mask=mask, other=0.0).to(COMPUTE)
    tl.store(c_ptr + offs_c, y, mask=mask)


@triton.jit
def part(ptr, index, stride):
    """The matrix of a batch, or None of None."""
    if ptr is None:
        return
    else:
        return ptr + index.to(tl.int64) * stride
