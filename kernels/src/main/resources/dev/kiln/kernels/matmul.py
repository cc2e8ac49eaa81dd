"""Matrix product of one matrix or a batch, with an epilogue.

C = epilogue(A B), A of M x K, B of K x N, C of M x N; `product.py` tells what the epilogue does.
Every matrix is given by its strides, so that a transposed operand is one with its strides
exchanged, and a matrix that a whole batch shares has a batch stride of 0. Sums are in fp32, those
of fp64 in fp64, those of int8 in int32.

Three ways to share the work: a program for each tile; a fixed number of programs, each of which
walks over tiles; and split-k for products of few tiles and long K: each program sums over a part
of K only and writes its sums to memory, where a second kernel adds them up, always in the same
order.
"""

import triton
import triton.language as tl
from product import finish, multiply, part, tile_position


@triton.jit
def matmul_tile(
    tile,
    a_ptr,
    b_ptr,
    c_ptr,
    pre_ptr,
    saved_ptr,
    residual_ptr,
    bias_ptr,
    row_scale_ptr,
    column_scale_ptr,
    alpha,
    beta,
    M,
    N,
    K,
    stride_ab,
    stride_am,
    stride_ak,
    stride_bb,
    stride_bk,
    stride_bn,
    stride_cb,
    stride_cm,
    stride_cn,
    stride_rb,
    stride_rm,
    stride_rn,
    ACTIVATION: tl.constexpr,
    ACC: tl.constexpr,
    COMPUTE: tl.constexpr,
    INPUT_PRECISION: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
    GROUP_M: tl.constexpr,
):
    tiles_m = tl.cdiv(M, BLOCK_M)
    tiles_n = tl.cdiv(N, BLOCK_N)
    batch = tile // (tiles_m * tiles_n)
    pid_m, pid_n = tile_position(tile % (tiles_m * tiles_n), tiles_m, tiles_n, GROUP_M)
    offs_m = pid_m * BLOCK_M + tl.arange(0, BLOCK_M)
    offs_n = pid_n * BLOCK_N + tl.arange(0, BLOCK_N)
    acc = multiply(
        part(a_ptr, batch, stride_ab),
        part(b_ptr, batch, stride_bb),
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
    finish(
        acc,
        offs_m,
        offs_n,
        M,
        N,
        part(c_ptr, batch, stride_cb),
        part(pre_ptr, batch, stride_cb),
        part(saved_ptr, batch, stride_cb),
        part(residual_ptr, batch, stride_rb),
        bias_ptr,
        row_scale_ptr,
        column_scale_ptr,
        alpha,
        beta,
        stride_cm,
        stride_cn,
        stride_rm,
        stride_rn,
        ACTIVATION,
        COMPUTE,
    )


# ptx sm_80 [fp16 product, 4 warps]: registers <= 208, spills == 0, others_per_mma <= 1.0
# ptx sm_80 [fp16 product, 8 warps]: registers <= 128, spills == 0, others_per_mma <= 1.3
# ptx sm_80, sm_90a [fp16 product, 4 warps]: bank_conflicts == 0, sectors == ideal
# ptx sm_80, sm_90a [fp16 product, 8 warps]: bank_conflicts == 0, sectors == ideal
# ptx sm_80 [fp16 product, 4 warps]: ldmatrix.sync, mma.sync, cp.async
# ptx sm_90a [fp16 product, 4 warps]: wgmma.mma_async, warnings == 0
@triton.jit
def matmul_kernel(
    a_ptr,
    b_ptr,
    c_ptr,
    pre_ptr,  # receives z, with the strides of C; or None
    saved_ptr,  # with the strides of C; or None
    residual_ptr,  # M x N, or None
    bias_ptr,  # N numbers, or None
    row_scale_ptr,  # M numbers, or None
    column_scale_ptr,  # N numbers, or None
    alpha,  # or None for 1
    beta,  # or None for 0
    M,
    N,
    K,
    stride_ab,
    stride_am,
    stride_ak,
    stride_bb,
    stride_bk,
    stride_bn,
    stride_cb,
    stride_cm,
    stride_cn,
    stride_rb,
    stride_rm,
    stride_rn,
    ACTIVATION: tl.constexpr,  # a name that activation.py knows
    ACC: tl.constexpr,  # dtype of sums
    COMPUTE: tl.constexpr,  # dtype of the epilogue
    INPUT_PRECISION: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
    GROUP_M: tl.constexpr,
):
    """A program for each tile of each product of the batch."""
    matmul_tile(
        tl.program_id(axis=0),
        a_ptr,
        b_ptr,
        c_ptr,
        pre_ptr,
        saved_ptr,
        residual_ptr,
        bias_ptr,
        row_scale_ptr,
        column_scale_ptr,
        alpha,
        beta,
        M,
        N,
        K,
        stride_ab,
        stride_am,
        stride_ak,
        stride_bb,
        stride_bk,
        stride_bn,
        stride_cb,
        stride_cm,
        stride_cn,
        stride_rb,
        stride_rm,
        stride_rn,
        ACTIVATION,
        ACC,
        COMPUTE,
        INPUT_PRECISION,
        BLOCK_M,
        BLOCK_N,
        BLOCK_K,
        GROUP_M,
    )


@triton.jit
def persistent_matmul_kernel(
    a_ptr,
    b_ptr,
    c_ptr,
    pre_ptr,
    saved_ptr,
    residual_ptr,
    bias_ptr,
    row_scale_ptr,
    column_scale_ptr,
    alpha,
    beta,
    M,
    N,
    K,
    stride_ab,
    stride_am,
    stride_ak,
    stride_bb,
    stride_bk,
    stride_bn,
    stride_cb,
    stride_cm,
    stride_cn,
    stride_rb,
    stride_rm,
    stride_rn,
    batch,
    ACTIVATION: tl.constexpr,
    ACC: tl.constexpr,
    COMPUTE: tl.constexpr,
    INPUT_PRECISION: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
    GROUP_M: tl.constexpr,
):
    """Program p computes tiles p, p + programs, p + 2 programs, ..."""
    tiles = tl.cdiv(M, BLOCK_M) * tl.cdiv(N, BLOCK_N) * batch
    for tile in range(tl.program_id(axis=0), tiles, tl.num_programs(axis=0)):
        matmul_tile(
            tile,
            a_ptr,
            b_ptr,
            c_ptr,
            pre_ptr,
            saved_ptr,
            residual_ptr,
            bias_ptr,
            row_scale_ptr,
            column_scale_ptr,
            alpha,
            beta,
            M,
            N,
            K,
            stride_ab,
            stride_am,
            stride_ak,
            stride_bb,
            stride_bk,
            stride_bn,
            stride_cb,
            stride_cm,
            stride_cn,
            stride_rb,
            stride_rm,
            stride_rn,
            ACTIVATION,
            ACC,
            COMPUTE,
            INPUT_PRECISION,
            BLOCK_M,
            BLOCK_N,
            BLOCK_K,
            GROUP_M,
        )


@triton.jit
def split_k_kernel(
    a_ptr,
    b_ptr,
    sums_ptr,  # batch x SPLITS x M x N
    M,
    N,
    K,
    depth,  # how much of K is a program's, a multiple of BLOCK_K
    stride_ab,
    stride_am,
    stride_ak,
    stride_bb,
    stride_bk,
    stride_bn,
    ACC: tl.constexpr,
    INPUT_PRECISION: tl.constexpr,
    SPLITS: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
    GROUP_M: tl.constexpr,
):
    """A program for each tile and each part of K."""
    tiles_m = tl.cdiv(M, BLOCK_M)
    tiles_n = tl.cdiv(N, BLOCK_N)
    pid = tl.program_id(axis=0)
    sums = pid // (tiles_m * tiles_n)
    batch = sums // SPLITS
    first_k = (sums % SPLITS) * depth
    pid_m, pid_n = tile_position(pid % (tiles_m * tiles_n), tiles_m, tiles_n, GROUP_M)
    offs_m = pid_m * BLOCK_M + tl.arange(0, BLOCK_M)
    offs_n = pid_n * BLOCK_N + tl.arange(0, BLOCK_N)
    acc = multiply(
        part(a_ptr, batch, stride_ab),
        part(b_ptr, batch, stride_bb),
        offs_m,
        offs_n,
        M,
        N,
        first_k,
        min(first_k + depth, K),
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
    mask = (offs_m < M)[:, None] & (offs_n < N)[None, :]
    tl.store(
        part(sums_ptr, sums, M * N) + offs_m[:, None] * N + offs_n[None, :],
        acc,
        mask=mask,
    )


@triton.jit
def split_k_sum_kernel(
    sums_ptr,
    c_ptr,
    pre_ptr,  # receives z, with the strides of C; or None
    saved_ptr,  # with the strides of C; or None
    residual_ptr,  # M x N, or None
    bias_ptr,  # N numbers, or None
    row_scale_ptr,  # M numbers, or None
    column_scale_ptr,  # N numbers, or None
    alpha,  # or None for 1
    beta,  # or None for 0
    M,
    N,
    stride_cb,
    stride_cm,
    stride_cn,
    stride_rb,
    stride_rm,
    stride_rn,
    ACTIVATION: tl.constexpr,
    ACC: tl.constexpr,
    COMPUTE: tl.constexpr,
    SPLITS: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
):
    """Adds up the parts of a tile in ascending order and applies the epilogue."""
    tiles_n = tl.cdiv(N, BLOCK_N)
    tiles = tl.cdiv(M, BLOCK_M) * tiles_n
    pid = tl.program_id(axis=0)
    batch = pid // tiles
    offs_m = (pid % tiles) // tiles_n * BLOCK_M + tl.arange(0, BLOCK_M)
    offs_n = pid % tiles_n * BLOCK_N + tl.arange(0, BLOCK_N)
    mask = (offs_m < M)[:, None] & (offs_n < N)[None, :]
    first = part(sums_ptr, batch * SPLITS, M * N) + offs_m[:, None] * N + offs_n[None, :]
    acc = tl.zeros((BLOCK_M, BLOCK_N), dtype=ACC)
    for split in range(0, SPLITS):
        acc += tl.load(part(first, split, M * N), mask=mask, other=0)
    finish(
        acc,
        offs_m,
        offs_n,
        M,
        N,
        part(c_ptr, batch, stride_cb),
        part(pre_ptr, batch, stride_cb),
        part(saved_ptr, batch, stride_cb),
        part(residual_ptr, batch, stride_rb),
        bias_ptr,
        row_scale_ptr,
        column_scale_ptr,
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
def skinny_matmul_kernel(
    a_ptr,
    b_ptr,
    c_ptr,
    pre_ptr,
    saved_ptr,
    residual_ptr,
    bias_ptr,
    row_scale_ptr,
    column_scale_ptr,
    alpha,
    beta,
    M,
    N,
    K,
    stride_ab,
    stride_am,
    stride_ak,
    stride_bb,
    stride_bk,
    stride_bn,
    stride_cb,
    stride_cm,
    stride_cn,
    stride_rb,
    stride_rm,
    stride_rn,
    ACTIVATION: tl.constexpr,
    ACC: tl.constexpr,
    COMPUTE: tl.constexpr,
    ALONG_K: tl.constexpr,  # whether B is contiguous along K
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
):
    """For few rows, where reading B is all that takes time: a program for BLOCK_N columns adds
    products up element by element, BLOCK_K sums for each element of the result, and adds these up
    in the end. So B is read once and not rearranged."""
    tiles_n = tl.cdiv(N, BLOCK_N)
    tiles_m = tl.cdiv(M, BLOCK_M)
    pid = tl.program_id(axis=0)
    batch = pid // (tiles_m * tiles_n)
    offs_m = pid % tiles_m * BLOCK_M + tl.arange(0, BLOCK_M)
    offs_n = pid // tiles_m % tiles_n * BLOCK_N + tl.arange(0, BLOCK_N)
    mask_m = offs_m < M
    mask_n = offs_n < N
    a_part = part(a_ptr, batch, stride_ab)
    b_part = part(b_ptr, batch, stride_bb)
    if ALONG_K:
        acc = tl.zeros((BLOCK_M, BLOCK_N, BLOCK_K), dtype=ACC)
    else:
        acc = tl.zeros((BLOCK_M, BLOCK_K, BLOCK_N), dtype=ACC)
    for k in range(0, K, BLOCK_K):
        offs_k = k + tl.arange(0, BLOCK_K)
        mask_k = offs_k < K
        a_ptrs = a_part + offs_m[:, None] * stride_am + offs_k[None, :] * stride_ak
        a = tl.load(a_ptrs, mask=mask_m[:, None] & mask_k[None, :], other=0).to(ACC)
        if ALONG_K:
            b_ptrs = b_part + offs_n[:, None] * stride_bn + offs_k[None, :] * stride_bk
            b = tl.load(b_ptrs, mask=mask_n[:, None] & mask_k[None, :], other=0).to(ACC)
            acc = acc + a[:, None, :] * b[None, :, :]
        else:
            b_ptrs = b_part + offs_k[:, None] * stride_bk + offs_n[None, :] * stride_bn
            b = tl.load(b_ptrs, mask=mask_k[:, None] & mask_n[None, :], other=0).to(ACC)
            acc = acc + a[:, :, None] * b[None, :, :]
    finish(
        tl.sum(acc, axis=2 if ALONG_K else 1),
        offs_m,
        offs_n,
        M,
        N,
        part(c_ptr, batch, stride_cb),
        part(pre_ptr, batch, stride_cb),
        part(saved_ptr, batch, stride_cb),
        part(residual_ptr, batch, stride_rb),
        bias_ptr,
        row_scale_ptr,
        column_scale_ptr,
        alpha,
        beta,
        stride_cm,
        stride_cn,
        stride_rm,
        stride_rn,
        ACTIVATION,
        COMPUTE,
    )
