"""Matrix product with weights of 8 or 4 bits.

C = epilogue(A W), A of M x K in a float type, W of K x N held as small integers q:

    W_kn = (q_kn - zero_gn) scale_gn,    g = k // GROUP

with scales (and zeros) for each group of GROUP rows of each column (Frantar et al., "GPTQ", 2022;
Lin et al., "AWQ", 2023). The integers themselves go into the product, which is exact for them in
16 bits, and the sums of a group are scaled afterwards: one multiplication for each of the group's
sums rather than for each weight,

    C_mn = sum_g scale_gn (sum_k A_mk q_kn - zero_gn sum_k A_mk).

Weights of 4 bits lie two in a byte: the low half of byte (g GROUP/2 + i, n) is row g GROUP + i,
the high half is row g GROUP + GROUP/2 + i. So both halves of a tile of bytes are multiplied by
columns of A that lie side by side, and nothing has to be interleaved. They are 0 to 15; without
zeros, 8 stands for 0.
"""

import triton
import triton.language as tl
from product import finish, tile_position


@triton.jit
def quantized_matmul_kernel(
    a_ptr,
    q_ptr,  # int8 K x N, or bytes GROUP/2 ceil(K / GROUP) x N
    scale_ptr,  # ceil(K / GROUP) x N
    zero_ptr,  # likewise, or None
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
    stride_am,
    stride_ak,
    stride_qk,
    stride_qn,
    stride_cm,
    stride_cn,
    stride_rm,
    stride_rn,
    BITS: tl.constexpr,
    GROUP: tl.constexpr,
    ACTIVATION: tl.constexpr,
    INPUT_PRECISION: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    GROUP_M: tl.constexpr,
):
    tiles_m = tl.cdiv(M, BLOCK_M)
    tiles_n = tl.cdiv(N, BLOCK_N)
    pid_m, pid_n = tile_position(tl.program_id(axis=0), tiles_m, tiles_n, GROUP_M)
    offs_m = pid_m * BLOCK_M + tl.arange(0, BLOCK_M)
    offs_n = pid_n * BLOCK_N + tl.arange(0, BLOCK_N)
    mask_m = offs_m < M
    mask_n = offs_n < N
    BYTES: tl.constexpr = GROUP * BITS // 8
    acc = tl.zeros((BLOCK_M, BLOCK_N), dtype=tl.float32)
    for group in range(0, tl.cdiv(K, GROUP)):
        offs_k = group * GROUP + tl.arange(0, BYTES)
        mask_k = offs_k < K
        a_ptrs = a_ptr + offs_m[:, None] * stride_am + offs_k[None, :] * stride_ak
        a = tl.load(a_ptrs, mask=mask_m[:, None] & mask_k[None, :], other=0.0)
        offs_q = group * BYTES + tl.arange(0, BYTES)
        q_ptrs = q_ptr + offs_q[:, None] * stride_qk + offs_n[None, :] * stride_qn
        if BITS == 8:
            q = tl.load(q_ptrs, mask=mask_k[:, None] & mask_n[None, :], other=0)
            sums = tl.dot(a, q.to(a.dtype), input_precision=INPUT_PRECISION)
        else:
            q = tl.load(q_ptrs, mask=mask_n[None, :], other=0)
            high_k = offs_k + BYTES
            high_ptrs = a_ptr + offs_m[:, None] * stride_am + high_k[None, :] * stride_ak
            high = tl.load(high_ptrs, mask=mask_m[:, None] & (high_k < K)[None, :], other=0.0)
            low_q = q & 15
            high_q = q >> 4
            if zero_ptr is None:
                # As signed numbers: nothing is left to subtract.
                low_q = low_q.to(tl.int8) - 8
                high_q = high_q.to(tl.int8) - 8
            sums = tl.dot(a, low_q.to(a.dtype), input_precision=INPUT_PRECISION)
            sums = tl.dot(high, high_q.to(a.dtype), sums, input_precision=INPUT_PRECISION)
        scale = tl.load(scale_ptr + group * N + offs_n, mask=mask_n, other=0.0).to(tl.float32)
        if zero_ptr is not None:
            row_sums = tl.sum(a.to(tl.float32), axis=1)
            if BITS == 4:
                row_sums += tl.sum(high.to(tl.float32), axis=1)
            zero = tl.load(zero_ptr + group * N + offs_n, mask=mask_n, other=0.0)
            sums = sums - row_sums[:, None] * zero.to(tl.float32)[None, :]
        acc += sums * scale[None, :]
    finish(
        acc,
        offs_m,
        offs_n,
        M,
        N,
        c_ptr,
        pre_ptr,
        saved_ptr,
        residual_ptr,
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
        tl.float32,
    )


@triton.jit
def quantized_skinny_kernel(
    a_ptr,
    q_ptr,  # int8 K x N, or bytes GROUP/2 ceil(K / GROUP) x N
    scale_ptr,  # ceil(K / GROUP) x N
    zero_ptr,  # likewise, or None
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
    stride_am,
    stride_ak,
    stride_qk,
    stride_qn,
    stride_cm,
    stride_cn,
    stride_rm,
    stride_rn,
    BITS: tl.constexpr,
    GROUP: tl.constexpr,
    ACTIVATION: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
):
    """For few rows: as the skinny kernel of matmul.py, products are added up element by element, so
    that weights are read once and never stored as floats."""
    tiles_m = tl.cdiv(M, BLOCK_M)
    pid = tl.program_id(axis=0)
    offs_m = pid % tiles_m * BLOCK_M + tl.arange(0, BLOCK_M)
    offs_n = pid // tiles_m * BLOCK_N + tl.arange(0, BLOCK_N)
    mask_m = offs_m < M
    mask_n = offs_n < N
    BYTES: tl.constexpr = GROUP * BITS // 8
    acc = tl.zeros((BLOCK_M, BLOCK_K, BLOCK_N), dtype=tl.float32)
    for group in range(0, tl.cdiv(K, GROUP)):
        if zero_ptr is not None:
            zero = tl.load(zero_ptr + group * N + offs_n, mask=mask_n, other=0.0).to(tl.float32)
        else:
            zero = tl.full((BLOCK_N,), 8.0 if BITS == 4 else 0.0, dtype=tl.float32)
        sums = tl.zeros((BLOCK_M, BLOCK_K, BLOCK_N), dtype=tl.float32)
        for first in range(0, BYTES, BLOCK_K):
            offs_k = group * GROUP + first + tl.arange(0, BLOCK_K)
            a_ptrs = a_ptr + offs_m[:, None] * stride_am + offs_k[None, :] * stride_ak
            mask_a = mask_m[:, None] & (offs_k < K)[None, :]
            a = tl.load(a_ptrs, mask=mask_a, other=0.0).to(tl.float32)
            offs_q = group * BYTES + first + tl.arange(0, BLOCK_K)
            q_ptrs = q_ptr + offs_q[:, None] * stride_qk + offs_n[None, :] * stride_qn
            if BITS == 8:
                mask_q = (offs_k < K)[:, None] & mask_n[None, :]
                q = tl.load(q_ptrs, mask=mask_q, other=0).to(tl.float32) - zero[None, :]
                sums = sums + a[:, :, None] * q[None, :, :]
            else:
                q = tl.load(q_ptrs, mask=mask_n[None, :], other=0)
                low = (q & 15).to(tl.float32) - zero[None, :]
                sums = sums + a[:, :, None] * low[None, :, :]
                high_k = offs_k + BYTES
                mask_high = mask_m[:, None] & (high_k < K)[None, :]
                high_ptrs = a_ptr + offs_m[:, None] * stride_am + high_k[None, :] * stride_ak
                a_high = tl.load(high_ptrs, mask=mask_high, other=0.0).to(tl.float32)
                high = (q >> 4).to(tl.float32) - zero[None, :]
                sums = sums + a_high[:, :, None] * high[None, :, :]
        scale = tl.load(scale_ptr + group * N + offs_n, mask=mask_n, other=0.0).to(tl.float32)
        acc = acc + sums * scale[None, None, :]
    finish(
        tl.sum(acc, axis=1),
        offs_m,
        offs_n,
        M,
        N,
        c_ptr,
        pre_ptr,
        saved_ptr,
        residual_ptr,
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
        tl.float32,
    )


@triton.jit
def quantize_rows_kernel(
    x_ptr,
    q_ptr,  # int8, M x N, contiguous
    scale_ptr,  # M numbers
    N,
    stride_xm,
    stride_xn,
    BLOCK: tl.constexpr,
):
    """Rows as int8 with a scale each: q = x / scale to nearest, scale = max |x| / 127."""
    row = tl.program_id(axis=0).to(tl.int64)
    x_row = x_ptr + row * stride_xm
    top = tl.zeros((BLOCK,), dtype=tl.float32)
    for start in range(0, N, BLOCK):
        offsets = start + tl.arange(0, BLOCK)
        x = tl.load(x_row + offsets * stride_xn, mask=offsets < N, other=0.0).to(tl.float32)
        top = tl.maximum(top, tl.abs(x))
    scale = tl.max(top, axis=0) / 127.0
    tl.store(scale_ptr + row, scale)
    inverse = tl.where(scale > 0.0, 1.0 / scale, 0.0)
    for start in range(0, N, BLOCK):
        offsets = start + tl.arange(0, BLOCK)
        mask = offsets < N
        x = tl.load(x_row + offsets * stride_xn, mask=mask, other=0.0).to(tl.float32)
        nearest = tl.floor(x * inverse + 0.5)
        tl.store(q_ptr + row * N + offsets, nearest.to(tl.int8), mask=mask)
