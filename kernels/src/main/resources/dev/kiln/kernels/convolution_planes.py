"""Convolution with stride 1 of images whose pixels are neighbours in memory (NCHW), on processors
with vectors: forward, data gradient, gradients by weights and bias.

Every channel of an image is copied to a plane first, whose rows are a fixed number of elements (the
pitch) apart and whose border is zero. Then tap (kh, kw) of all pixels is the plane itself, so many elements further on: a
row of the matrix of patches is contiguous memory, and no patch is ever stored.

    plane: row 0    0 0 0 0 0 0       A tap at the end of a row reads the beginning of the next one,
           row 1    0 x x x x 0       which is zero, too. So one border does for left and right.
           row 2    0 x x x x 0       Pixels from OW to PITCH are computed, and not stored; in the
           row 3    0 0 0 0 0 0       weight gradient dy is zero there.

The first number of a kernel's tile of pixels is that of a row, so that a tile has BLOCK_H rows.
"""

import triton
import triton.language as tl
from activation import apply_activation


@triton.jit
def fill_planes_kernel(
    x_ptr,
    planes_ptr,
    images,
    H,
    W,
    stride_xn,
    stride_xc,
    stride_xh,
    stride_xw,
    rows,
    pitch,
    stride_pn,
    stride_pc,
    top,  # row 0 of a plane is row `top` of x; negative with a border
    left,
    BLOCK_ROWS: tl.constexpr,
    BLOCK_W: tl.constexpr,  # at least the pitch
):
    """Programs along axis 1 are channels, those along axis 2 images; one more image is zero."""
    c = tl.program_id(axis=1)
    n = tl.program_id(axis=2)
    row = tl.program_id(axis=0) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)
    column = tl.arange(0, BLOCK_W)
    h = row + top
    w = column + left
    is_row = (h >= 0) & (h < H) & (n < images)
    is_column = (w >= 0) & (w < W)
    x_ptr += n.to(tl.int64) * stride_xn + c * stride_xc
    x = tl.load(
        x_ptr + (h * stride_xh)[:, None] + (w * stride_xw)[None, :],
        mask=is_row[:, None] & is_column[None, :],
        other=0.0,
    )
    planes_ptr += n.to(tl.int64) * stride_pn + c.to(tl.int64) * stride_pc
    offset = (row * pitch)[:, None] + column[None, :]
    tl.store(planes_ptr + offset, x, mask=(row < rows)[:, None] & (column < pitch)[None, :])


@triton.jit
def patch_offsets_kernel(
    offsets_ptr,
    patches,  # C * KH * KW
    KH,
    KW,
    plane,
    first,  # of tap 0
    step_h,
    step_w,
    BLOCK: tl.constexpr,
):
    """Where in an image's planes the row of patches for each channel and tap begins."""
    i = tl.program_id(axis=0) * BLOCK + tl.arange(0, BLOCK)
    offset = i // (KH * KW) * plane + first + i // KW % KH * step_h + i % KW * step_w
    tl.store(offsets_ptr + i, offset, mask=i < patches)


@triton.jit
def plane_convolution_kernel(
    planes_ptr,
    offsets_ptr,
    w_ptr,  # K x patches
    y_ptr,
    bias_ptr,  # or None
    residual_ptr,  # with the strides of y; or None
    pre_ptr,  # receives what goes into the activation, with the strides of y; or None
    K,
    patches,
    OH,
    OW,
    image,  # elements of an image's planes
    stride_wk,
    stride_yn,
    stride_yk,
    stride_yh,
    stride_yw,
    ACTIVATION: tl.constexpr,
    COMPUTE: tl.constexpr,
    INPUT_PRECISION: tl.constexpr,
    PITCH: tl.constexpr,
    BLOCK_H: tl.constexpr,
    BLOCK_K: tl.constexpr,
    BLOCK_PATCHES: tl.constexpr,
):
    tiles_h = tl.cdiv(OH, BLOCK_H)
    n = (tl.program_id(axis=0) // tiles_h).to(tl.int64)
    first_h = tl.program_id(axis=0) % tiles_h * BLOCK_H
    k = tl.program_id(axis=1) * BLOCK_K + tl.arange(0, BLOCK_K)
    mask_k = k < K
    pixel = tl.arange(0, BLOCK_H * PITCH)
    planes_ptr += n * image + first_h * PITCH
    acc = tl.zeros((BLOCK_K, BLOCK_H * PITCH), dtype=COMPUTE)
    for start in range(0, patches, BLOCK_PATCHES):
        patch = start + tl.arange(0, BLOCK_PATCHES)
        mask = patch < patches
        offset = tl.load(offsets_ptr + patch, mask=mask, other=0)
        x = tl.load(
            planes_ptr + offset[:, None] + pixel[None, :], mask=mask[:, None], other=0.0
        )
        weight = tl.load(
            w_ptr + (k * stride_wk)[:, None] + patch[None, :],
            mask=mask_k[:, None] & mask[None, :],
            other=0.0,
        )
        acc = tl.dot(weight, x, acc, input_precision=INPUT_PRECISION, out_dtype=COMPUTE)

    y = tl.reshape(acc, (BLOCK_K, BLOCK_H, PITCH))
    h = first_h + tl.arange(0, BLOCK_H)
    w = tl.arange(0, PITCH)
    offset = (k * stride_yk)[:, None, None] + (h * stride_yh)[None, :, None]
    offset += (w * stride_yw)[None, None, :]
    mask = mask_k[:, None, None] & (h < OH)[None, :, None] & (w < OW)[None, None, :]
    if bias_ptr is not None:
        y += tl.load(bias_ptr + k, mask=mask_k, other=0.0).to(COMPUTE)[:, None, None]
    if residual_ptr is not None:
        y += tl.load(residual_ptr + n * stride_yn + offset, mask=mask, other=0.0).to(COMPUTE)
    if pre_ptr is not None:
        tl.store(pre_ptr + n * stride_yn + offset, y, mask=mask)
    tl.store(y_ptr + n * stride_yn + offset, apply_activation(y, ACTIVATION), mask=mask)


@triton.jit
def plane_weight_gradient_kernel(
    planes_ptr,
    offsets_ptr,
    dy_ptr,  # N * K planes
    dw_ptr,  # parts x K x patches
    N,
    K,
    patches,
    pixels,  # OH * PITCH
    share,  # images of a program
    image,  # elements of an image's planes
    stride_dyk,
    stride_part,
    COMPUTE: tl.constexpr,
    INPUT_PRECISION: tl.constexpr,
    BLOCK_PIXELS: tl.constexpr,
    BLOCK_K: tl.constexpr,
    BLOCK_PATCHES: tl.constexpr,
):
    # The patches are rows: they lie as a left factor is read, and only dy must be transposed.
    # Tiles of patches follow each other, so that they find dy as it was transposed before.
    tiles = tl.cdiv(patches, BLOCK_PATCHES)
    patch = tl.program_id(axis=0) % tiles * BLOCK_PATCHES + tl.arange(0, BLOCK_PATCHES)
    k = tl.program_id(axis=0) // tiles * BLOCK_K + tl.arange(0, BLOCK_K)
    part = tl.program_id(axis=1)
    mask_k = k < K
    mask_p = patch < patches
    offset = tl.load(offsets_ptr + patch, mask=mask_p, other=0)
    acc = tl.zeros((BLOCK_PATCHES, BLOCK_K), dtype=COMPUTE)
    for n in range(part * share, min(part * share + share, N)):
        x_ptr = planes_ptr + tl.cast(n, tl.int64) * image
        dy_image = dy_ptr + tl.cast(n, tl.int64) * K * stride_dyk
        for start in range(0, pixels, BLOCK_PIXELS):
            pixel = start + tl.arange(0, BLOCK_PIXELS)
            mask = pixel < pixels
            x = tl.load(
                x_ptr + offset[:, None] + pixel[None, :],
                mask=mask_p[:, None] & mask[None, :],
                other=0.0,
            )
            dy = tl.load(
                dy_image + pixel[:, None] + (k * stride_dyk)[None, :],
                mask=mask[:, None] & mask_k[None, :],
                other=0.0,
            )
            acc = tl.dot(x, dy, acc, input_precision=INPUT_PRECISION, out_dtype=COMPUTE)
    dw_ptr += part.to(tl.int64) * stride_part
    dw_offset = patch[:, None] + (k * patches)[None, :]
    tl.store(dw_ptr + dw_offset, acc, mask=mask_p[:, None] & mask_k[None, :])


@triton.jit
def plane_bias_gradient_kernel(
    dy_ptr,
    db_ptr,  # parts x K
    N,
    K,
    pixels,  # of an image, which are stride_dyw apart
    share,  # images of a program
    stride_dyn,
    stride_dyk,
    stride_dyw,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
):
    k = tl.program_id(axis=0)
    part = tl.program_id(axis=1)
    dy_ptr += k * stride_dyk
    db = tl.zeros((BLOCK,), dtype=COMPUTE)
    for n in range(part * share, min(part * share + share, N)):
        image_ptr = dy_ptr + tl.cast(n, tl.int64) * stride_dyn
        for start in range(0, pixels, BLOCK):
            pixel = start + tl.arange(0, BLOCK)
            dy = tl.load(image_ptr + pixel * stride_dyw, mask=pixel < pixels, other=0.0)
            db += dy.to(COMPUTE)
    tl.store(db_ptr + part * K + k, tl.sum(db, axis=0))


@triton.jit
def plane_tap_gradient_kernel(
    planes_ptr,  # C runs: the planes of all images, one behind the other
    dy_ptr,  # K runs, with zeros up to the end of the last program's pixels
    dw_ptr,  # parts x K x C * KH * KW
    C,
    K,
    KH,
    stride_xc,
    stride_dyk,
    first,  # of tap 0
    step_h,
    step_w,
    stride_part,
    COMPUTE: tl.constexpr,
    KW: tl.constexpr,
    BLOCK_K: tl.constexpr,  # any number
    BLOCK: tl.constexpr,  # pixels of a program
):
    """As plane_weight_gradient_kernel, for few channels: every tap of a row of taps times every
    channel of dy is a sum of its own, whose lanes stay in registers."""
    row = tl.program_id(axis=0) % (C * KH)
    first_k = tl.program_id(axis=0) // (C * KH) * BLOCK_K
    part = tl.program_id(axis=1)
    pixel = part * BLOCK + tl.arange(0, BLOCK)
    x_ptr = planes_ptr + (row // KH).to(tl.int64) * stride_xc + first + row % KH * step_h
    dw_ptr += part.to(tl.int64) * stride_part + row * KW
    xs = ()
    for kw in tl.static_range(KW):
        xs = xs + (tl.load(x_ptr + kw * step_w + pixel).to(COMPUTE),)
    for i in tl.static_range(BLOCK_K):
        k = tl.minimum(first_k + i, K - 1)
        dy = tl.load(dy_ptr + k.to(tl.int64) * stride_dyk + pixel).to(COMPUTE)
        for kw in tl.static_range(KW):
            total = tl.sum(xs[kw] * dy, axis=0)
            tl.store(dw_ptr + k * (C * KH * KW) + kw, total, mask=first_k + i < K)
