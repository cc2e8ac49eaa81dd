"""Resampling of images to another size: nearest element or (bi-, tri-)linear interpolation, forward
and backward, over one to three axes.

Output o of `out` along an axis stands at a place s among n elements:

    nearest   s = floor(o n / out)
    linear    s = max((o + 1/2) n / out - 1/2, 0)
    corners   s = o (n - 1) / (out - 1), linear with the first and last elements in place

and is (1 - l) x[i] + l x[i + 1] with i = floor(s), l = s - i, the last element taken twice. Along
several axes weights are multiplied. Places are fractions of integers, so that i and l are exact.

The backward pass gathers: each element of dx looks at the outputs around it, in ascending order,
and computes their weights again. So nothing is added atomically.
"""

import triton
import triton.language as tl
from image_tile import along_width, filled, mask_of, program_tile, split_row, tile_of


@triton.jit
def place_of(o, n, out, MODE: tl.constexpr, COMPUTE: tl.constexpr):
    """Both elements that output o lies between, and how far it is behind the first."""
    if MODE == "nearest":
        numerator = o * n
        denominator = out
    elif MODE == "corners":
        numerator = o * (n - 1)
        denominator = tl.maximum(out - 1, 1)
    else:
        tl.static_assert(MODE == "linear", "no such mode")
        numerator = tl.maximum((2 * o + 1) * n - out, 0)
        denominator = 2 * out
    i = tl.minimum(numerator // denominator, n - 1)
    if MODE == "nearest":
        rest = numerator * 0
    else:
        rest = numerator - i * denominator
    return i, tl.minimum(i + 1, n - 1), tl.cast(rest, COMPUTE) / tl.cast(denominator, COMPUTE)


@triton.jit
def load_row(
    x_ptr, i, next_i, behind, c, mask_w, mask_c, stride_xw, stride_xc, MODE, COMPUTE, WIDTH_LAST
):
    """A row of x, interpolated along the width."""
    mask = mask_of(mask_w, mask_c, WIDTH_LAST)
    offset_c = c * stride_xc
    x = tl.load(x_ptr + tile_of(i * stride_xw, offset_c, WIDTH_LAST), mask=mask, other=0.0)
    x = x.to(COMPUTE)
    if MODE != "nearest":
        right = tl.load(
            x_ptr + tile_of(next_i * stride_xw, offset_c, WIDTH_LAST), mask=mask, other=0.0
        )
        l = along_width(behind, WIDTH_LAST)
        x = (1.0 - l) * x + l * right.to(COMPUTE)
    return x


@triton.jit
def upsample_forward_kernel(
    x_ptr,
    y_ptr,
    channels,
    D,
    H,
    W,
    rows,  # N * OD * OH
    OD,
    OH,
    OW,
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
    MODE: tl.constexpr,
    DEEP: tl.constexpr,  # whether there is something to interpolate along the depth
    COMPUTE: tl.constexpr,
    WIDTH_LAST: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCK_W: tl.constexpr,
    BLOCK_C: tl.constexpr,
):
    first, ow, c = program_tile(OW, channels, ROWS, BLOCK_W, BLOCK_C)
    mask_c = c < channels
    mask_w = ow < OW
    i, next_i, behind = place_of(ow, W, OW, MODE, COMPUTE)
    for row in range(first, min(first + ROWS, rows)):
        n, od, oh = split_row(row, OD, OH)
        d, next_d, behind_d = place_of(od, D, OD, MODE, COMPUTE)
        h, next_h, behind_h = place_of(oh, H, OH, MODE, COMPUTE)
        x_image = x_ptr + n * stride_xn
        y = filled(0.0, BLOCK_W, BLOCK_C, WIDTH_LAST, COMPUTE)
        planes: tl.constexpr = 2 if DEEP else 1
        lines: tl.constexpr = 1 if MODE == "nearest" else 2
        for plane in tl.static_range(planes):
            x_plane = x_image + (d if plane == 0 else next_d) * stride_xd
            for line in tl.static_range(lines):
                x_row = x_plane + (h if line == 0 else next_h) * stride_xh
                x = load_row(
                    x_row,
                    i,
                    next_i,
                    behind,
                    c,
                    mask_w,
                    mask_c,
                    stride_xw,
                    stride_xc,
                    MODE,
                    COMPUTE,
                    WIDTH_LAST,
                )
                if lines == 2:
                    x = x * (1.0 - behind_h if line == 0 else behind_h)
                if planes == 2:
                    x = x * (1.0 - behind_d if plane == 0 else behind_d)
                y += x
        y_row = y_ptr + n * stride_yn + od * stride_yd + oh * stride_yh
        y_ptrs = y_row + tile_of(ow * stride_yw, c * stride_yc, WIDTH_LAST)
        tl.store(y_ptrs, y, mask=mask_of(mask_w, mask_c, WIDTH_LAST))


@triton.jit
def outputs_around(i, n, out, MODE: tl.constexpr):
    """The first and the last output that element i may have a part in."""
    if MODE == "nearest":
        first = (i * out + n - 1) // n
        last = ((i + 1) * out + n - 1) // n - 1
    elif MODE == "corners":
        steps = tl.maximum(n - 1, 1)
        first = tl.maximum(i - 1, 0) * (out - 1) // steps
        last = ((i + 1) * (out - 1) + steps - 1) // steps
        last = tl.where(n == 1, out - 1, last)
    else:
        first = tl.maximum((2 * i - 1) * out - n, 0) // (2 * n)
        last = ((2 * i + 3) * out + n) // (2 * n)
    return first, tl.minimum(last, out - 1)


@triton.jit
def weight_of(i, o, n, out, MODE: tl.constexpr, COMPUTE: tl.constexpr):
    """What output o takes of element i."""
    place, next_place, behind = place_of(o, n, out, MODE, COMPUTE)
    weight = tl.where(place == i, 1.0 - behind, 0.0)
    return weight + tl.where(next_place == i, behind, 0.0)


@triton.jit
def upsample_backward_kernel(
    dy_ptr,
    dx_ptr,
    channels,
    D,
    H,
    W,
    rows,  # N * D * H
    OD,
    OH,
    OW,
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
    around,  # most outputs that an element has a part in along the width
    MODE: tl.constexpr,
    COMPUTE: tl.constexpr,
    WIDTH_LAST: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCK_W: tl.constexpr,
    BLOCK_C: tl.constexpr,
):
    first_row, w, c = program_tile(W, channels, ROWS, BLOCK_W, BLOCK_C)
    mask_c = c < channels
    first_w, last_w = outputs_around(w, W, OW, MODE)
    for row in range(first_row, min(first_row + ROWS, rows)):
        n, d, h = split_row(row, D, H)
        first_d, last_d = outputs_around(d, D, OD, MODE)
        first_h, last_h = outputs_around(h, H, OH, MODE)
        across = tl.maximum(last_h - first_h + 1, 0)
        count = tl.maximum(last_d - first_d + 1, 0) * across
        acc = filled(0.0, BLOCK_W, BLOCK_C, WIDTH_LAST, COMPUTE)
        for j in range(0, around):
            ow = first_w + j
            weight_w = weight_of(w, ow, W, OW, MODE, COMPUTE)
            mask_w = (ow <= last_w) & (w < W) & (weight_w != 0.0)
            mask = mask_of(mask_w, mask_c, WIDTH_LAST)
            offsets = tile_of(ow * stride_yw, c * stride_yc, WIDTH_LAST)
            column = filled(0.0, BLOCK_W, BLOCK_C, WIDTH_LAST, COMPUTE)
            for cover in range(0, count):
                od = first_d + cover // across
                oh = first_h + cover % across
                weight = weight_of(d, od, D, OD, MODE, COMPUTE)
                weight *= weight_of(h, oh, H, OH, MODE, COMPUTE)
                dy_row = dy_ptr + n * stride_yn + od * stride_yd + oh * stride_yh
                dy = tl.load(dy_row + offsets, mask=mask & (weight != 0.0), other=0.0)
                column += weight * dy.to(COMPUTE)
            acc += column * along_width(weight_w, WIDTH_LAST)
        dx_row = dx_ptr + n * stride_xn + d * stride_xd + h * stride_xh
        dx_ptrs = dx_row + tile_of(w * stride_xw, c * stride_xc, WIDTH_LAST)
        tl.store(dx_ptrs, acc, mask=mask_of(w < W, mask_c, WIDTH_LAST))
