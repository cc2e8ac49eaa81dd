"""Gradients of a convolution by its weights and its bias.

    dw[t, c, k] = sum over images n and pixels o of x[n, o * move + base + t * step, c] dy[n, o, k]
    db[k] = sum over images n and pixels o of dy[n, o, k]

Sums over many pixels are split: each program writes the sum of its share, and sum_parts_kernel adds
the shares in ascending order. So every run gives the same bits.
"""

import triton
import triton.language as tl
from convolution import is_inside, split_pixel, split_tap


@triton.jit
def weight_gradient_kernel(
    x_ptr,
    dy_ptr,
    dw_ptr,
    C,  # channels of a group of x
    K,  # channels of a group of dy
    D,
    H,
    W,
    pixels,  # N * OD * OH * OW
    OD,
    OH,
    OW,
    share,  # pixels of a program, a multiple of BLOCK_M
    taps,
    KH,
    KW,
    stride_xn,
    stride_xd,
    stride_xh,
    stride_xw,
    stride_xc,
    stride_dyn,
    stride_dyd,
    stride_dyh,
    stride_dyw,
    stride_dyk,
    stride_part,
    stride_wg,
    stride_wd,
    stride_wh,
    stride_ww,
    stride_wc,
    stride_wk,
    move_d,
    move_h,
    move_w,
    base_d,
    base_h,
    base_w,
    step_d,
    step_h,
    step_w,
    COMPUTE: tl.constexpr,
    INPUT_PRECISION: tl.constexpr,
    BLOCK_M: tl.constexpr,  # pixels at a time
    BLOCK_N: tl.constexpr,  # channels of dy
    BLOCK_C: tl.constexpr,  # channels of x
):
    # Taps follow each other, so that programs that run at the same time read the same pixels.
    tiles_k = tl.cdiv(K, BLOCK_N)
    tap = tl.program_id(axis=0) % taps
    tile = tl.program_id(axis=0) // taps
    group = tl.program_id(axis=1)
    part = tl.program_id(axis=2)
    c = tile // tiles_k * BLOCK_C + tl.arange(0, BLOCK_C)
    k = tile % tiles_k * BLOCK_N + tl.arange(0, BLOCK_N)
    mask_c = c < C
    mask_k = k < K
    kd, kh, kw = split_tap(tap, KH, KW)
    x_column = group * C * stride_xc + c * stride_xc
    dy_column = group * K * stride_dyk + k * stride_dyk

    acc = tl.zeros((BLOCK_C, BLOCK_N), dtype=COMPUTE)
    for start in range(part * share, min(part * share + share, pixels), BLOCK_M):
        m = start + tl.arange(0, BLOCK_M)
        mask_m = m < pixels
        n, od, oh, ow = split_pixel(m, OD, OH, OW)
        d = od * move_d + base_d + kd * step_d
        h = oh * move_h + base_h + kh * step_h
        w = ow * move_w + base_w + kw * step_w
        mask_x = is_inside(d, h, w, D, H, W) & mask_m
        x_row = n.to(tl.int64) * stride_xn + d * stride_xd + h * stride_xh + w * stride_xw
        dy_row = n.to(tl.int64) * stride_dyn + od * stride_dyd + oh * stride_dyh + ow * stride_dyw
        x = tl.load(
            x_ptr + x_row[:, None] + x_column[None, :],
            mask=mask_x[:, None] & mask_c[None, :],
            other=0.0,
        )
        dy = tl.load(
            dy_ptr + dy_row[:, None] + dy_column[None, :],
            mask=mask_m[:, None] & mask_k[None, :],
            other=0.0,
        )
        acc = tl.dot(
            tl.trans(x), dy, acc, input_precision=INPUT_PRECISION, out_dtype=COMPUTE
        )

    dw_ptr += part.to(tl.int64) * stride_part + group * stride_wg
    dw_ptr += kd * stride_wd + kh * stride_wh + kw * stride_ww
    dw_offset = (c * stride_wc)[:, None] + (k * stride_wk)[None, :]
    tl.store(dw_ptr + dw_offset, acc, mask=mask_c[:, None] & mask_k[None, :])


@triton.jit
def bias_gradient_kernel(
    dy_ptr,
    db_ptr,
    K,
    pixels,
    OD,
    OH,
    OW,
    share,  # pixels of a program, a multiple of BLOCK_M
    stride_dyn,
    stride_dyd,
    stride_dyh,
    stride_dyw,
    stride_dyk,
    stride_part,
    COMPUTE: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
):
    k = tl.program_id(axis=0) * BLOCK_N + tl.arange(0, BLOCK_N)
    part = tl.program_id(axis=1)
    mask_k = k < K
    db = tl.zeros((BLOCK_N,), dtype=COMPUTE)
    for start in range(part * share, min(part * share + share, pixels), BLOCK_M):
        m = start + tl.arange(0, BLOCK_M)
        n, od, oh, ow = split_pixel(m, OD, OH, OW)
        dy_row = n.to(tl.int64) * stride_dyn + od * stride_dyd + oh * stride_dyh + ow * stride_dyw
        dy = tl.load(
            dy_ptr + dy_row[:, None] + (k * stride_dyk)[None, :],
            mask=(m < pixels)[:, None] & mask_k[None, :],
            other=0.0,
        )
        db += tl.sum(dy.to(COMPUTE), axis=0)
    tl.store(db_ptr + part.to(tl.int64) * stride_part + k, db, mask=mask_k)


@triton.jit
def sum_parts_kernel(
    parts_ptr,  # count x taps x C x columns
    sums_ptr,
    count,
    stride_part,
    C,
    columns,
    KH,
    KW,
    stride_sd,
    stride_sh,
    stride_sw,
    stride_sc,
    stride_sk,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Adds up partial sums, in ascending order of parts."""
    tiles = tl.cdiv(columns, BLOCK)
    row = tl.program_id(axis=0) // tiles
    k = tl.program_id(axis=0) % tiles * BLOCK + tl.arange(0, BLOCK)
    mask = k < columns
    kd, kh, kw = split_tap(row // C, KH, KW)
    c = row % C
    total = tl.zeros((BLOCK,), dtype=COMPUTE)
    for part in range(0, count):
        part_ptr = parts_ptr + tl.cast(part, tl.int64) * stride_part + row * columns
        total += tl.load(part_ptr + k, mask=mask, other=0.0)
    sums_ptr += kd * stride_sd + kh * stride_sh + kw * stride_sw + c * stride_sc
    tl.store(sums_ptr + k * stride_sk, total, mask=mask)
