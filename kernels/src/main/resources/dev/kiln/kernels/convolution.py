"""Convolution as an implicit matrix product: forward, data gradient and transposed convolution.

    y[n, o, k] = activation(bias[k] + residual[n, o, k] + sum over taps t and channels c of
                            x[n, o * move + base + t * step, c] * w[t, c, k])

with x = 0 outside. o and t have three axes; fewer have size 1. Chetlur et al., "cuDNN: Efficient
Primitives for Deep Learning", 2014, section 3.

A convolution with stride s, padding p and dilation d has move = s, base = -p, step = d. Its
gradient by x at positions r, r + s, r + 2 s, ... is such a sum over dy, too, with move = 1: only
every so many taps reach these positions. So the gradient is s launches along each axis, without a
wasted product. A transposed convolution is that gradient.

The product has a row for each pixel o of each image and a column for each channel k. It sums over
taps and blocks of channels. The rows of x for a tap lie where the pixels tell, or are 0.
"""

import triton
import triton.language as tl
from activation import apply_activation


@triton.jit
def split_pixel(pixel, OD, OH, OW):
    """Image, depth, row and column of a pixel's number."""
    w = pixel % OW
    h = pixel // OW % OH
    d = pixel // (OW * OH) % OD
    n = pixel // (OW * OH * OD)
    return n, d, h, w


@triton.jit
def split_tap(tap, KH, KW):
    """Depth, row and column of a tap's number."""
    return tap // (KW * KH), tap // KW % KH, tap % KW


@triton.jit
def is_inside(d, h, w, D, H, W):
    return (d >= 0) & (d < D) & (h >= 0) & (h < H) & (w >= 0) & (w < W)


@triton.jit
def convolution_kernel(
    x_ptr,
    w_ptr,
    y_ptr,
    bias_ptr,  # or None
    residual_ptr,  # with the strides of y; or None
    pre_ptr,  # receives what goes into the activation, with the strides of y; or None
    w_start,
    y_start,
    C,  # channels of a group of x
    K,  # channels of a group of y
    D,
    H,
    W,
    pixels,  # N * OD * OH * OW
    OD,
    OH,
    OW,
    taps,  # KD * KH * KW
    KH,
    KW,
    stride_xn,
    stride_xd,
    stride_xh,
    stride_xw,
    stride_xc,
    stride_wg,
    stride_wd,
    stride_wh,
    stride_ww,
    stride_wc,
    stride_wk,
    stride_yn,
    stride_yd,
    stride_yh,
    stride_yw,
    stride_yk,
    move_d,
    move_h,
    move_w,
    base_d,
    base_h,
    base_w,
    step_d,
    step_h,
    step_w,
    ACTIVATION: tl.constexpr,
    FLAT: tl.constexpr,  # taps and channels are one axis: for few channels
    COMPUTE: tl.constexpr,
    INPUT_PRECISION: tl.constexpr,
    BLOCK_M: tl.constexpr,  # pixels
    BLOCK_N: tl.constexpr,  # channels of y
    BLOCK_C: tl.constexpr,  # channels of x, or taps and channels
):
    tiles_k = tl.cdiv(K, BLOCK_N)
    group = tl.program_id(axis=1)
    m = tl.program_id(axis=0) // tiles_k * BLOCK_M + tl.arange(0, BLOCK_M)
    k = tl.program_id(axis=0) % tiles_k * BLOCK_N + tl.arange(0, BLOCK_N)
    mask_m = m < pixels
    mask_k = k < K
    n, od, oh, ow = split_pixel(m, OD, OH, OW)
    top_d = od * move_d + base_d
    top_h = oh * move_h + base_h
    top_w = ow * move_w + base_w
    x_image = group * C * stride_xc + n.to(tl.int64) * stride_xn
    w_ptr += w_start + group * stride_wg

    acc = tl.zeros((BLOCK_M, BLOCK_N), dtype=COMPUTE)
    if FLAT:
        for start in range(0, taps * C, BLOCK_C):
            tap_c = start + tl.arange(0, BLOCK_C)
            mask_c = tap_c < taps * C
            c = tap_c % C
            kd, kh, kw = split_tap(tap_c // C, KH, KW)
            d = top_d[:, None] + (kd * step_d)[None, :]
            h = top_h[:, None] + (kh * step_h)[None, :]
            w = top_w[:, None] + (kw * step_w)[None, :]
            mask_x = is_inside(d, h, w, D, H, W) & mask_m[:, None] & mask_c[None, :]
            x_offset = x_image[:, None] + (c * stride_xc)[None, :]
            x_offset += d * stride_xd + h * stride_xh + w * stride_xw
            x = tl.load(x_ptr + x_offset, mask=mask_x, other=0.0)
            w_row = kd * stride_wd + kh * stride_wh + kw * stride_ww + c * stride_wc
            weights = tl.load(
                w_ptr + w_row[:, None] + (k * stride_wk)[None, :],
                mask=mask_c[:, None] & mask_k[None, :],
                other=0.0,
            )
            acc = tl.dot(
                x, weights, acc, input_precision=INPUT_PRECISION, out_dtype=COMPUTE
            )
    else:
        blocks_c = tl.cdiv(C, BLOCK_C)
        for i in range(0, taps * blocks_c):
            c = i % blocks_c * BLOCK_C + tl.arange(0, BLOCK_C)
            mask_c = c < C
            kd, kh, kw = split_tap(i // blocks_c, KH, KW)
            d = top_d + kd * step_d
            h = top_h + kh * step_h
            w = top_w + kw * step_w
            mask_x = is_inside(d, h, w, D, H, W) & mask_m
            x_row = x_image + d * stride_xd + h * stride_xh + w * stride_xw
            w_tap = w_ptr + kd * stride_wd + kh * stride_wh + kw * stride_ww
            x = tl.load(
                x_ptr + x_row[:, None] + (c * stride_xc)[None, :],
                mask=mask_x[:, None] & mask_c[None, :],
                other=0.0,
            )
            weights = tl.load(
                w_tap + (c * stride_wc)[:, None] + (k * stride_wk)[None, :],
                mask=mask_c[:, None] & mask_k[None, :],
                other=0.0,
            )
            acc = tl.dot(
                x, weights, acc, input_precision=INPUT_PRECISION, out_dtype=COMPUTE
            )

    channel = group * K + k
    y_row = y_start + n.to(tl.int64) * stride_yn + od * stride_yd + oh * stride_yh + ow * stride_yw
    y_offset = y_row[:, None] + (channel * stride_yk)[None, :]
    mask_y = mask_m[:, None] & mask_k[None, :]
    if bias_ptr is not None:
        acc += tl.load(bias_ptr + channel, mask=mask_k, other=0.0).to(COMPUTE)[None, :]
    if residual_ptr is not None:
        acc += tl.load(residual_ptr + y_offset, mask=mask_y, other=0.0).to(COMPUTE)
    if pre_ptr is not None:
        tl.store(pre_ptr + y_offset, acc, mask=mask_y)
    tl.store(y_ptr + y_offset, apply_activation(acc, ACTIVATION), mask=mask_y)


@triton.jit
def reorder_kernel(
    x_ptr,
    y_ptr,
    rows,  # D * H * W
    columns,
    D,
    H,
    W,
    stride_xn,
    stride_xd,
    stride_xh,
    stride_xw,
    stride_xc,
    stride_yn,
    stride_yd,
    stride_yh,
    stride_yw,
    stride_yc,
    DENSE: tl.constexpr,  # rows are stride_xw and stride_yw apart
    BLOCK_ROWS: tl.constexpr,
    BLOCK_COLUMNS: tl.constexpr,
):
    """Copies x to y, whose strides differ: activations to NHWC, weights to taps x C x K."""
    tiles = tl.cdiv(columns, BLOCK_COLUMNS)
    row = tl.program_id(axis=0) // tiles * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)
    column = tl.program_id(axis=0) % tiles * BLOCK_COLUMNS + tl.arange(0, BLOCK_COLUMNS)
    n = tl.program_id(axis=1).to(tl.int64)
    mask = (row < rows)[:, None] & (column < columns)[None, :]
    if DENSE:
        x_row = row * stride_xw
        y_row = row * stride_yw
    else:
        first, d, h, w = split_pixel(row, D, H, W)
        x_row = d * stride_xd + h * stride_xh + w * stride_xw
        y_row = d * stride_yd + h * stride_yh + w * stride_yw
    x_ptr += n * stride_xn
    y_ptr += n * stride_yn
    x = tl.load(x_ptr + x_row[:, None] + (column * stride_xc)[None, :], mask=mask)
    tl.store(y_ptr + y_row[:, None] + (column * stride_yc)[None, :], x, mask=mask)
