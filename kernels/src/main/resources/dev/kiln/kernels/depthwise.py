"""Depthwise convolution: every channel by itself. Forward, data gradient, weight gradient.

    y[n, o, c, i] = activation(bias[c, i] + residual[n, o, c, i] + sum over taps t and j of
                               x[n, o * move + base + t * step, c, j] * w[t, c, i, j])

with x = 0 outside. Forward, x has one channel c and y a few of it, numbered by i; in the data
gradient x (which is dy) has a few, numbered by j, and y one. convolution.py tells what move, base
and step are.

Nothing is shared among channels, so there is no matrix product: a tile is a part of one row of
pixels by some channels, and both axes run through memory with fixed strides. The axis whose
elements are neighbours in memory is the tile's last: pixels if WIDTH_LAST, else channels.
"""

import triton
import triton.language as tl
from activation import apply_activation
from convolution import split_tap
from image_tile import along_channels, filled, mask_of, program_tile, split_row, tile_of


@triton.jit
def add_row_of_taps(
    acc,
    x_ptr,
    w_ptr,
    first_w,  # of the row of x, for each pixel
    mask_w,
    c,
    mask_c,
    is_row,  # whether the row of x is inside
    W,
    stride_xw,
    stride_xc,
    stride_ww,
    stride_wc,
    step_w,
    KW: tl.constexpr,
    WIDTH_LAST: tl.constexpr,
    COMPUTE: tl.constexpr,
):
    for kw in tl.static_range(KW):
        w = first_w + kw * step_w
        x = tl.load(
            x_ptr + tile_of(w * stride_xw, c * stride_xc, WIDTH_LAST),
            mask=mask_of((w >= 0) & (w < W) & mask_w & is_row, mask_c, WIDTH_LAST),
            other=0.0,
        )
        weights = tl.load(w_ptr + kw * stride_ww + c * stride_wc, mask=mask_c, other=0.0)
        acc += x.to(COMPUTE) * along_channels(weights.to(COMPUTE), WIDTH_LAST)
    return acc


@triton.jit
def depthwise_kernel(
    x_ptr,
    w_ptr,
    y_ptr,
    bias_ptr,  # or None
    residual_ptr,  # with the strides of y; or None
    pre_ptr,  # receives what goes into the activation, with the strides of y; or None
    w_start,
    y_start,
    channels,
    inner,  # how many j
    D,
    H,
    W,
    rows,  # N * OD * OH
    OD,
    OH,
    OW,
    KD,
    KH,
    stride_xn,
    stride_xd,
    stride_xh,
    stride_xw,
    stride_xc,
    stride_xj,
    stride_wd,
    stride_wh,
    stride_ww,
    stride_wc,
    stride_wi,
    stride_wj,
    stride_yn,
    stride_yd,
    stride_yh,
    stride_yw,
    stride_yc,
    stride_yi,
    move_d,
    move_h,
    move_w,
    base_d,
    base_h,
    base_w,
    step_d,
    step_h,
    step_w,
    outer,  # how many i
    ACTIVATION: tl.constexpr,
    COMPUTE: tl.constexpr,
    KW: tl.constexpr,
    UNROLLED: tl.constexpr,  # inner * KD * KH to write them out one by one; 0 for a loop
    WIDTH_LAST: tl.constexpr,
    ROWS: tl.constexpr,  # of a program
    BLOCK_W: tl.constexpr,
    BLOCK_C: tl.constexpr,
):
    first, ow, c = program_tile(OW, channels, ROWS, BLOCK_W, BLOCK_C)
    i = tl.program_id(axis=1)
    mask_c = c < channels
    mask_w = ow < OW
    mask_y = mask_of(mask_w, mask_c, WIDTH_LAST)
    first_w = ow * move_w + base_w
    w_ptr += w_start + i * stride_wi

    for row in range(first, min(first + ROWS, rows)):
        n, od, oh = split_row(row, OD, OH)
        top_d = od * move_d + base_d
        top_h = oh * move_h + base_h
        x_image = x_ptr + n * stride_xn
        acc = filled(0.0, BLOCK_W, BLOCK_C, WIDTH_LAST, COMPUTE)
        if UNROLLED > 0:
            for tap in tl.static_range(UNROLLED):
                j, kd, kh = split_tap(tap, KD, KH)
                d = top_d + kd * step_d
                h = top_h + kh * step_h
                acc = add_row_of_taps(
                    acc,
                    x_image + d * stride_xd + h * stride_xh + j * stride_xj,
                    w_ptr + kd * stride_wd + kh * stride_wh + j * stride_wj,
                    first_w,
                    mask_w,
                    c,
                    mask_c,
                    (d >= 0) & (d < D) & (h >= 0) & (h < H),
                    W,
                    stride_xw,
                    stride_xc,
                    stride_ww,
                    stride_wc,
                    step_w,
                    KW,
                    WIDTH_LAST,
                    COMPUTE,
                )
        else:
            for tap in range(0, inner * KD * KH):
                j, kd, kh = split_tap(tap, KD, KH)
                d = top_d + kd * step_d
                h = top_h + kh * step_h
                acc = add_row_of_taps(
                    acc,
                    x_image + d * stride_xd + h * stride_xh + j * stride_xj,
                    w_ptr + kd * stride_wd + kh * stride_wh + j * stride_wj,
                    first_w,
                    mask_w,
                    c,
                    mask_c,
                    (d >= 0) & (d < D) & (h >= 0) & (h < H),
                    W,
                    stride_xw,
                    stride_xc,
                    stride_ww,
                    stride_wc,
                    step_w,
                    KW,
                    WIDTH_LAST,
                    COMPUTE,
                )

        y_row = y_start + n * stride_yn + od * stride_yd + oh * stride_yh + i * stride_yi
        y_offset = y_row + tile_of(ow * stride_yw, c * stride_yc, WIDTH_LAST)
        if bias_ptr is not None:
            bias = tl.load(bias_ptr + c * outer + i, mask=mask_c, other=0.0)
            acc += along_channels(bias.to(COMPUTE), WIDTH_LAST)
        if residual_ptr is not None:
            acc += tl.load(residual_ptr + y_offset, mask=mask_y, other=0.0).to(COMPUTE)
        if pre_ptr is not None:
            tl.store(pre_ptr + y_offset, acc, mask=mask_y)
        tl.store(y_ptr + y_offset, apply_activation(acc, ACTIVATION), mask=mask_y)


@triton.jit
def depthwise_weight_gradient_kernel(
    x_ptr,
    dy_ptr,
    dw_ptr,
    channels,
    D,
    H,
    W,
    rows,  # N * OD * OH
    OD,
    OH,
    OW,
    share,  # rows of a program
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
    stride_dyc,
    stride_dyi,
    stride_part,
    stride_wd,
    stride_wh,
    stride_ww,
    stride_wc,
    stride_wi,
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
    WIDTH_LAST: tl.constexpr,
    BLOCK_W: tl.constexpr,
    BLOCK_C: tl.constexpr,
):
    tap = tl.program_id(axis=0) % taps
    c = tl.program_id(axis=0) // taps * BLOCK_C + tl.arange(0, BLOCK_C)
    i = tl.program_id(axis=1)
    part = tl.program_id(axis=2)
    mask_c = c < channels
    kd, kh, kw = split_tap(tap, KH, KW)
    acc = filled(0.0, BLOCK_W, BLOCK_C, WIDTH_LAST, COMPUTE)
    for row in range(part * share, min(part * share + share, rows)):
        n, od, oh = split_row(row, OD, OH)
        d = od * move_d + base_d + kd * step_d
        h = oh * move_h + base_h + kh * step_h
        is_row = (d >= 0) & (d < D) & (h >= 0) & (h < H)
        x_row = x_ptr + n * stride_xn + d * stride_xd + h * stride_xh
        dy_row = dy_ptr + n * stride_dyn + od * stride_dyd + oh * stride_dyh + i * stride_dyi
        for start in range(0, OW, BLOCK_W):
            ow = start + tl.arange(0, BLOCK_W)
            w = ow * move_w + base_w + kw * step_w
            mask = mask_of((w >= 0) & (w < W) & (ow < OW) & is_row, mask_c, WIDTH_LAST)
            x_offset = tile_of(w * stride_xw, c * stride_xc, WIDTH_LAST)
            dy_offset = tile_of(ow * stride_dyw, c * stride_dyc, WIDTH_LAST)
            x = tl.load(x_row + x_offset, mask=mask, other=0.0)
            dy = tl.load(dy_row + dy_offset, mask=mask, other=0.0)
            acc += x.to(COMPUTE) * dy.to(COMPUTE)
    dw_ptr += part.to(tl.int64) * stride_part + i * stride_wi
    dw_ptr += kd * stride_wd + kh * stride_wh + kw * stride_ww
    if WIDTH_LAST:
        dw = tl.sum(acc, axis=1)
    else:
        dw = tl.sum(acc, axis=0)
    tl.store(dw_ptr + c * stride_wc, dw, mask=mask_c)
