"""Many matrix products of different sizes in one launch.

`grouped_matmul_kernel` takes a list of unrelated products, C_g = activation(A_g B_g + bias_g). A
table on the device tells where their operands are and how large they are, and a fixed number of
programs walks over the tiles of all of them.

The other two are the products of a mixture of experts (Shazeer et al., 2017; as grouped products:
Gale et al., "MegaBlocks", 2022). The rows of A are sorted by expert, rows offsets[e] to
offsets[e + 1] belong to expert e, and only the device knows these numbers:

    C[rows of e] = epilogue(A[rows of e] B_e)
    G_e = A[rows of e]^T D[rows of e] + beta G_e        (the gradient of B_e)
"""

import triton
import triton.language as tl
from activation import apply_activation
from product import finish, multiply, part, tile_position


@triton.jit
def grouped_matmul_kernel(
    table_ptr,  # 13 numbers of each product: addresses of A, B, C, bias; M, N, K; strides
    groups,
    ELEMENT: tl.constexpr,  # dtype of A and B
    RESULT: tl.constexpr,  # of C
    BIAS: tl.constexpr,  # of the bias, or None
    ACTIVATION: tl.constexpr,
    ACC: tl.constexpr,
    COMPUTE: tl.constexpr,
    INPUT_PRECISION: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
    GROUP_M: tl.constexpr,
):
    """Program p computes tiles p, p + programs, ... of all products, counted one after another."""
    programs = tl.num_programs(axis=0)
    next = tl.program_id(axis=0)  # the next tile, counted from the product's first
    for g in range(0, groups):
        row = table_ptr + g * 13
        a_ptr = tl.load(row).to(tl.pointer_type(ELEMENT))
        b_ptr = tl.load(row + 1).to(tl.pointer_type(ELEMENT))
        c_ptr = tl.load(row + 2).to(tl.pointer_type(RESULT))
        M = tl.load(row + 4).to(tl.int32)
        N = tl.load(row + 5).to(tl.int32)
        K = tl.load(row + 6).to(tl.int32)
        stride_am = tl.load(row + 7)
        stride_ak = tl.load(row + 8)
        stride_bk = tl.load(row + 9)
        stride_bn = tl.load(row + 10)
        stride_cm = tl.load(row + 11)
        stride_cn = tl.load(row + 12)
        tiles_m = tl.cdiv(M, BLOCK_M)
        tiles_n = tl.cdiv(N, BLOCK_N)
        tiles = tiles_m * tiles_n
        for tile in range(next, tiles, programs):
            pid_m, pid_n = tile_position(tile, tiles_m, tiles_n, GROUP_M)
            offs_m = pid_m * BLOCK_M + tl.arange(0, BLOCK_M)
            offs_n = pid_n * BLOCK_N + tl.arange(0, BLOCK_N)
            acc = multiply(
                a_ptr,
                b_ptr,
                offs_m,
                offs_n,
                M,
                N,
                0,
                K,
                stride_am,
                stride_ak,
                stride_bk,
                stride_bn,
                ACC,
                INPUT_PRECISION,
                BLOCK_M,
                BLOCK_N,
                BLOCK_K,
            )
            mask_n = offs_n < N
            y = acc.to(COMPUTE)
            if BIAS is not None:
                bias_ptr = tl.load(row + 3).to(tl.pointer_type(BIAS))
                bias = tl.load(bias_ptr + offs_n, mask=mask_n, other=0.0)
                y = y + bias.to(COMPUTE)[None, :]
            y = apply_activation(y, ACTIVATION)
            offs_c = offs_m[:, None] * stride_cm + offs_n[None, :] * stride_cn
            tl.store(c_ptr + offs_c, y, mask=(offs_m < M)[:, None] & mask_n[None, :])
        # The first of this program's tiles that is not before the next product's first.
        next += tl.cdiv(max(tiles - next, 0), programs) * programs - tiles


@triton.jit
def find_expert(tile, offsets_ptr, experts, BLOCK_M: tl.constexpr):
    """The expert of a tile of rows, the tile's first row, and the row behind the expert's last.
    Each expert's rows begin with a tile of their own. Beyond the last tile both rows are 0."""
    before = 0
    expert = 0
    first_row = 0
    end_row = 0
    for e in range(0, experts):
        start = tl.load(offsets_ptr + e).to(tl.int32)
        end = tl.load(offsets_ptr + e + 1).to(tl.int32)
        tiles = tl.cdiv(end - start, BLOCK_M)
        is_here = (tile >= before) & (tile < before + tiles)
        expert = tl.where(is_here, e, expert)
        first_row = tl.where(is_here, start + (tile - before) * BLOCK_M, first_row)
        end_row = tl.where(is_here, end, end_row)
        before += tiles
    return expert, first_row, end_row


@triton.jit
def expert_matmul_kernel(
    a_ptr,
    b_ptr,
    offsets_ptr,  # experts + 1 rows, ascending from 0
    c_ptr,
    pre_ptr,
    saved_ptr,
    residual_ptr,
    bias_ptr,  # experts x N, or None
    row_scale_ptr,
    column_scale_ptr,  # experts x N, or None
    alpha,
    beta,
    experts,
    row_tiles,  # as many as there can be: rows / BLOCK_M + experts
    N,
    K,
    stride_am,
    stride_ak,
    stride_be,
    stride_bk,
    stride_bn,
    stride_cm,
    stride_cn,
    stride_rm,
    stride_rn,
    ACTIVATION: tl.constexpr,
    ACC: tl.constexpr,
    COMPUTE: tl.constexpr,
    INPUT_PRECISION: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
):
    """A program for each tile; tiles of one expert and the same columns follow each other."""
    pid = tl.program_id(axis=0)
    expert, first_row, end_row = find_expert(pid % row_tiles, offsets_ptr, experts, BLOCK_M)
    if first_row < end_row:
        offs_m = first_row + tl.arange(0, BLOCK_M)
        offs_n = pid // row_tiles * BLOCK_N + tl.arange(0, BLOCK_N)
        acc = multiply(
            a_ptr,
            part(b_ptr, expert, stride_be),
            offs_m,
            offs_n,
            end_row,
            N,
            0,
            K,
            stride_am,
            stride_ak,
            stride_bk,
            stride_bn,
            ACC,
            INPUT_PRECISION,
            BLOCK_M,
            BLOCK_N,
            BLOCK_K,
        )
        finish(
            acc,
            offs_m,
            offs_n,
            end_row,
            N,
            c_ptr,
            pre_ptr,
            saved_ptr,
            residual_ptr,
            part(bias_ptr, expert, N),
            row_scale_ptr,
            part(column_scale_ptr, expert, N),
            alpha,
            beta,
            stride_cm,
            stride_cn,
            stride_rm,
            stride_rn,
            ACTIVATION,
            COMPUTE,
        )


@triton.jit
def expert_gradient_kernel(
    a_ptr,
    d_ptr,
    offsets_ptr,
    g_ptr,
    bias_gradient_ptr,  # experts x N: sums of the rows of D; or None
    beta,  # or None for 0
    M,  # columns of A
    N,  # columns of D
    stride_am,  # from row to row
    stride_ak,
    stride_dm,
    stride_dn,
    stride_ge,
    stride_gm,
    stride_gn,
    ACC: tl.constexpr,
    INPUT_PRECISION: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
    GROUP_M: tl.constexpr,
):
    """A program for each expert and tile; it sums over the expert's rows."""
    tiles_m = tl.cdiv(M, BLOCK_M)
    tiles_n = tl.cdiv(N, BLOCK_N)
    pid = tl.program_id(axis=0)
    expert = pid // (tiles_m * tiles_n)
    pid_m, pid_n = tile_position(pid % (tiles_m * tiles_n), tiles_m, tiles_n, GROUP_M)
    offs_m = pid_m * BLOCK_M + tl.arange(0, BLOCK_M)
    offs_n = pid_n * BLOCK_N + tl.arange(0, BLOCK_N)
    first = tl.load(offsets_ptr + expert).to(tl.int32)
    end = tl.load(offsets_ptr + expert + 1).to(tl.int32)
    acc = multiply(
        a_ptr,
        d_ptr,
        offs_m,
        offs_n,
        M,
        N,
        first,
        end,
        stride_ak,
        stride_am,
        stride_dm,
        stride_dn,
        ACC,
        INPUT_PRECISION,
        BLOCK_M,
        BLOCK_N,
        BLOCK_K,
    )
    mask_n = offs_n < N
    mask = (offs_m < M)[:, None] & mask_n[None, :]
    g_ptrs = part(g_ptr, expert, stride_ge) + offs_m[:, None] * stride_gm
    g_ptrs = g_ptrs + offs_n[None, :] * stride_gn
    if beta is not None:
        acc = acc + beta * tl.load(g_ptrs, mask=mask, other=0.0).to(ACC)
    tl.store(g_ptrs, acc, mask=mask)
    if bias_gradient_ptr is not None:
        if pid_m == 0:
            sums = tl.zeros((BLOCK_N,), dtype=ACC)
            for row in range(first, end):
                d = tl.load(d_ptr + row * stride_dm + offs_n * stride_dn, mask=mask_n, other=0.0)
                sums += d.to(ACC)
            sum_ptrs = part(bias_gradient_ptr, expert, N) + offs_n
            if beta is not None:
                sums = sums + beta * tl.load(sum_ptrs, mask=mask_n, other=0.0).to(ACC)
            tl.store(sum_ptrs, sums, mask=mask_n)
