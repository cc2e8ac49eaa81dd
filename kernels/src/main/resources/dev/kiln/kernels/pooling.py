"""Pooling over one to three axes: maximum with its place, or average, forward and backward.

Output o of an axis has the window of x that starts at o * move - pad and has `size` taps `step`
apart; an adaptive one has the elements from floor(o n / out) to ceil((o + 1) n / out) of n, as in
PyTorch. Outside is minus infinity for the maximum and 0 for the average.

    maximum: y = x[place], the first largest element of the window, or its last NaN
    average: y = sum / divisor: how many elements the window has, with padding or without it

The backward pass gathers: each element of dx looks at the windows that cover it, in a fixed order,
and takes dy where place is its own, or dy / divisor. So nothing is added atomically.

A tile is a part of one row of pixels by some channels. The axis whose elements are neighbours in
memory is the tile's last: pixels if WIDTH_LAST, else channels.
"""

import triton
import triton.language as tl
from convolution import split_tap
from image_tile import along_width, filled, mask_of, program_tile, split_row, tile_of


@triton.jit
def window(o, n, out, size, move, pad, step, ADAPTIVE: tl.constexpr):
    """Where the window of output o starts, perhaps before 0, and ends, perhaps beyond n."""
    if ADAPTIVE:
        first = o * n // out
        end = ((o + 1) * n + out - 1) // out
    else:
        first = o * move - pad
        end = first + (size - 1) * step + 1
    return first, end


@triton.jit
def divisor_of(o, n, out, size, move, pad, ADAPTIVE: tl.constexpr, WITH_PADDING: tl.constexpr):
    """How many elements along an axis the average of output o is taken of."""
    first, end = window(o, n, out, size, move, pad, 1, ADAPTIVE)
    if WITH_PADDING:
        count = tl.minimum(end, n + pad) - first
    else:
        count = tl.minimum(end, n) - tl.maximum(first, 0)
    return count


@triton.jit
def first_inside(first, step):
    """The first tap at 0 or behind it."""
    return tl.where(first < 0, first + (step - 1 - first) // step * step, first)


@triton.jit
def take(acc, place, x, position, IS_MAX: tl.constexpr, PLACES: tl.constexpr):
    """Combines with one more element of each window."""
    if IS_MAX:
        wins = (x > acc) | (x != x)
        acc = tl.where(wins, x, acc)
        if PLACES:
            place = tl.where(wins, position, place)
    else:
        acc += x
    return acc, place


@triton.jit
def take_row(
    acc,
    place,
    x_ptr,  # of the row
    position,  # of the row's first element in the image
    first_w,  # of the row, for each pixel
    end_w,  # elements from here on are outside
    is_row,  # whether the row is inside
    offsets_c,
    mask_c,
    stride_xw,
    step_w,
    IS_MAX: tl.constexpr,
    PLACES: tl.constexpr,
    COMPUTE: tl.constexpr,
    TAPS_W: tl.constexpr,
    WIDTH_LAST: tl.constexpr,
):
    outside: tl.constexpr = float("-inf") if IS_MAX else 0.0
    for kw in tl.static_range(TAPS_W):
        w = first_w + kw * step_w
        x = tl.load(
            x_ptr + tile_of(w * stride_xw, offsets_c, WIDTH_LAST),
            mask=mask_of((w >= 0) & (w < end_w) & is_row, mask_c, WIDTH_LAST),
            other=outside,
        )
        acc, place = take(
            acc, place, x.to(COMPUTE), along_width(position + w, WIDTH_LAST), IS_MAX, PLACES
        )
    return acc, place


@triton.jit
def pool_forward_kernel(
    x_ptr,
    y_ptr,
    place_ptr,  # receives row-major positions in the image, with the strides of y; or None
    channels,
    D,
    H,
    W,
    rows,  # N * OD * OH
    OD,
    OH,
    OW,
    size_d,
    size_h,
    size_w,
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
    move_d,
    move_h,
    pad_d,
    pad_h,
    pad_w,
    step_d,
    step_h,
    step_w,
    divisor,  # of the average; or None
    MOVE_W: tl.constexpr,
    IS_MAX: tl.constexpr,
    PLACES: tl.constexpr,
    ADAPTIVE: tl.constexpr,
    WITH_PADDING: tl.constexpr,
    COMPUTE: tl.constexpr,
    TAPS_W: tl.constexpr,  # taps along the width that are written out: size_w or 1
    UNROLLED: tl.constexpr,  # size_d * size_h to write them out, too; 0 for a loop
    WIDTH_LAST: tl.constexpr,
    ROWS: tl.constexpr,  # of a program
    BLOCK_W: tl.constexpr,
    BLOCK_C: tl.constexpr,
):
    first, ow, c = program_tile(OW, channels, ROWS, BLOCK_W, BLOCK_C)
    mask_c = c < channels
    offsets_c = c * stride_xc
    first_w, end_w = window(ow, W, OW, size_w, MOVE_W, pad_w, step_w, ADAPTIVE)
    if ADAPTIVE:
        end_w = tl.minimum(end_w, W)
    else:
        end_w = W
    outside: tl.constexpr = float("-inf") if IS_MAX else 0.0
    for row in range(first, min(first + ROWS, rows)):
        n, od, oh = split_row(row, OD, OH)
        first_d, end_d = window(od, D, OD, size_d, move_d, pad_d, step_d, ADAPTIVE)
        first_h, end_h = window(oh, H, OH, size_h, move_h, pad_h, step_h, ADAPTIVE)
        end_d = tl.minimum(end_d, D)
        end_h = tl.minimum(end_h, H)
        x_image = x_ptr + n * stride_xn
        acc = filled(outside, BLOCK_W, BLOCK_C, WIDTH_LAST, COMPUTE)
        place = filled(-1, BLOCK_W, BLOCK_C, WIDTH_LAST, tl.int32)
        if PLACES:
            # That of a window of nothing but minus infinity.
            d = first_inside(first_d, step_d)
            h = first_inside(first_h, step_h)
            w = first_inside(first_w, step_w)
            start = tl.where((d < D) & (h < H) & (w < W), (d * H + h) * W + w, -1)
            place = tl.maximum(place, along_width(start, WIDTH_LAST))
        if UNROLLED > 0:
            for tap in tl.static_range(UNROLLED):
                d = first_d + tap // size_h * step_d
                h = first_h + tap % size_h * step_h
                acc, place = take_row(
                    acc,
                    place,
                    x_image + d * stride_xd + h * stride_xh,
                    (d * H + h) * W,
                    first_w,
                    end_w,
                    (d >= 0) & (d < end_d) & (h >= 0) & (h < end_h),
                    offsets_c,
                    mask_c,
                    stride_xw,
                    step_w,
                    IS_MAX,
                    PLACES,
                    COMPUTE,
                    TAPS_W,
                    WIDTH_LAST,
                )
        else:
            starts = size_w // TAPS_W
            for tap in range(0, size_d * size_h * starts):
                kd, kh, kw = split_tap(tap, size_h, starts)
                d = first_d + kd * step_d
                h = first_h + kh * step_h
                acc, place = take_row(
                    acc,
                    place,
                    x_image + d * stride_xd + h * stride_xh,
                    (d * H + h) * W,
                    first_w + kw * step_w,
                    end_w,
                    (d >= 0) & (d < end_d) & (h >= 0) & (h < end_h),
                    offsets_c,
                    mask_c,
                    stride_xw,
                    step_w,
                    IS_MAX,
                    PLACES,
                    COMPUTE,
                    TAPS_W,
                    WIDTH_LAST,
                )

        if not IS_MAX:
            if divisor is not None:
                acc = acc / divisor
            else:
                count = divisor_of(od, D, OD, size_d, move_d, pad_d, ADAPTIVE, WITH_PADDING)
                count *= divisor_of(oh, H, OH, size_h, move_h, pad_h, ADAPTIVE, WITH_PADDING)
                count_w = divisor_of(ow, W, OW, size_w, MOVE_W, pad_w, ADAPTIVE, WITH_PADDING)
                acc = acc / along_width((count * count_w).to(COMPUTE), WIDTH_LAST)
        y_offset = n * stride_yn + od * stride_yd + oh * stride_yh
        y_offset = y_offset + tile_of(ow * stride_yw, c * stride_yc, WIDTH_LAST)
        mask = mask_of(ow < OW, mask_c, WIDTH_LAST)
        tl.store(y_ptr + y_offset, acc, mask=mask)
        if PLACES:
            tl.store(place_ptr + y_offset, place, mask=mask)


@triton.jit
def covering(i, n, out, size, move, pad, step, ADAPTIVE: tl.constexpr):
    """The first and the last output whose window may cover element i."""
    if ADAPTIVE:
        first = i * out // n
        last = ((i + 1) * out + n - 1) // n - 1
    else:
        first = tl.maximum(i + pad - (size - 1) * step + move - 1, 0) // move
        last = tl.minimum((i + pad) // move, out - 1)
    return first, last


@triton.jit
def add_covering_row(
    acc,
    own,
    dy_ptr,
    place_ptr,
    dy_row,  # offset of the row of windows
    is_row,
    count_row,  # elements of these windows along depth and height
    q,
    r,
    w,
    offsets_c,
    mask_c,
    W,
    OW,
    size_w,
    pad_w,
    step_w,
    stride_yw,
    divisor,
    MOVE_W: tl.constexpr,
    IS_MAX: tl.constexpr,
    ADAPTIVE: tl.constexpr,
    WITH_PADDING: tl.constexpr,
    COMPUTE: tl.constexpr,
    COVERS_W: tl.constexpr,
    ALL_W: tl.constexpr,
    WIDTH_LAST: tl.constexpr,
):
    """Adds what elements w get from one row of windows."""
    for j in tl.static_range(COVERS_W):
        if ALL_W:
            o = q * 0 + (OW - 1 - j)
        elif ADAPTIVE:
            first_w, last_w = covering(w, W, OW, size_w, MOVE_W, pad_w, step_w, ADAPTIVE)
            o = last_w - j
        else:
            o = q - j
        inside = (o >= 0) & (o < OW) & is_row
        if not IS_MAX:
            if ADAPTIVE or ALL_W:
                start, end = window(o, W, OW, size_w, MOVE_W, pad_w, 1, ADAPTIVE)
                inside = inside & (w >= start) & (w < end)
            else:
                inside = inside & (j * MOVE_W + r < size_w)
        offset = dy_row + tile_of(o * stride_yw, offsets_c, WIDTH_LAST)
        mask = mask_of(inside, mask_c, WIDTH_LAST)
        dy = tl.load(dy_ptr + offset, mask=mask, other=0.0).to(COMPUTE)
        if IS_MAX:
            place = tl.load(place_ptr + offset, mask=mask, other=-1)
            acc += tl.where(place == own, dy, 0.0)
        elif divisor is not None:
            acc += dy / divisor
        else:
            count = divisor_of(o, W, OW, size_w, MOVE_W, pad_w, ADAPTIVE, WITH_PADDING)
            count = tl.where(inside, count_row * count, 1)
            acc += dy / along_width(count.to(COMPUTE), WIDTH_LAST)
    return acc


@triton.jit
def pool_backward_kernel(
    dy_ptr,
    place_ptr,  # with the strides of dy; None for the average
    dx_ptr,
    channels,
    D,
    H,
    W,
    rows,  # N * D * H
    OD,
    OH,
    OW,
    size_d,
    size_h,
    size_w,
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
    move_d,
    move_h,
    pad_d,
    pad_h,
    pad_w,
    step_d,
    step_h,
    step_w,
    divisor,
    MOVE_W: tl.constexpr,
    IS_MAX: tl.constexpr,
    ADAPTIVE: tl.constexpr,
    WITH_PADDING: tl.constexpr,
    COMPUTE: tl.constexpr,
    COVERS_W: tl.constexpr,  # most windows that cover an element along the width
    ALL_W: tl.constexpr,  # whether these are all windows there are
    COVERS_H: tl.constexpr,  # likewise along the height
    UNROLLED: tl.constexpr,  # covering rows of windows to write them out; 0 for a loop
    WIDTH_LAST: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCK_W: tl.constexpr,
    BLOCK_C: tl.constexpr,
):
    # Elements whose distance from the padding's start has the same remainder by MOVE_W see windows
    # that are neighbours: element q * MOVE_W + r - pad_w the windows q, q - 1, ...
    width = tl.cdiv(W + pad_w, MOVE_W)
    first_row, q, c = program_tile(width, channels, ROWS, BLOCK_W, BLOCK_C)
    mask_c = c < channels
    for row in range(first_row, min(first_row + ROWS, rows)):
        n, d, h = split_row(row, D, H)
        first_d, last_d = covering(d, D, OD, size_d, move_d, pad_d, step_d, ADAPTIVE)
        first_h, last_h = covering(h, H, OH, size_h, move_h, pad_h, step_h, ADAPTIVE)
        across = tl.maximum(last_h - first_h + 1, 0)
        dx_row = dx_ptr + n * stride_xn + d * stride_xd + h * stride_xh
        for r in range(0, MOVE_W):
            w = q * MOVE_W + r - pad_w
            own = along_width((d * H + h) * W + w, WIDTH_LAST)
            acc = filled(0.0, BLOCK_W, BLOCK_C, WIDTH_LAST, COMPUTE)
            if UNROLLED > 0:
                for cover in tl.static_range(UNROLLED):
                    od = first_d + cover // COVERS_H
                    oh = first_h + cover % COVERS_H
                    count = divisor_of(od, D, OD, size_d, move_d, pad_d, ADAPTIVE, WITH_PADDING)
                    count *= divisor_of(oh, H, OH, size_h, move_h, pad_h, ADAPTIVE, WITH_PADDING)
                    acc = add_covering_row(
                        acc,
                        own,
                        dy_ptr,
                        place_ptr,
                        n * stride_yn + od * stride_yd + oh * stride_yh,
                        (od <= last_d) & (oh <= last_h),
                        count,
                        q,
                        r,
                        w,
                        c * stride_yc,
                        mask_c,
                        W,
                        OW,
                        size_w,
                        pad_w,
                        step_w,
                        stride_yw,
                        divisor,
                        MOVE_W,
                        IS_MAX,
                        ADAPTIVE,
                        WITH_PADDING,
                        COMPUTE,
                        COVERS_W,
                        ALL_W,
                        WIDTH_LAST,
                    )
            else:
                for cover in range(0, tl.maximum(last_d - first_d + 1, 0) * across):
                    od = first_d + cover // across
                    oh = first_h + cover % across
                    count = divisor_of(od, D, OD, size_d, move_d, pad_d, ADAPTIVE, WITH_PADDING)
                    count *= divisor_of(oh, H, OH, size_h, move_h, pad_h, ADAPTIVE, WITH_PADDING)
                    acc = add_covering_row(
                        acc,
                        own,
                        dy_ptr,
                        place_ptr,
                        n * stride_yn + od * stride_yd + oh * stride_yh,
                        oh <= last_h,
                        count,
                        q,
                        r,
                        w,
                        c * stride_yc,
                        mask_c,
                        W,
                        OW,
                        size_w,
                        pad_w,
                        step_w,
                        stride_yw,
                        divisor,
                        MOVE_W,
                        IS_MAX,
                        ADAPTIVE,
                        WITH_PADDING,
                        COMPUTE,
                        COVERS_W,
                        ALL_W,
                        WIDTH_LAST,
                    )
            tl.store(
                dx_row + tile_of(w * stride_xw, c * stride_xc, WIDTH_LAST),
                acc,
                mask=mask_of((w >= 0) & (w < W), mask_c, WIDTH_LAST),
            )


@triton.jit
def pool_all_kernel(
    x_ptr,
    y_ptr,
    place_ptr,  # or None
    channels,
    pixels,
    stride_xn,
    stride_xc,
    stride_xp,
    stride_yn,
    stride_yc,
    divisor,
    IS_MAX: tl.constexpr,
    PLACES: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK_C: tl.constexpr,
    BLOCK_P: tl.constexpr,
):
    """Pooling of all pixels, which lie one stride apart."""
    c = tl.program_id(axis=0) * BLOCK_C + tl.arange(0, BLOCK_C)
    n = tl.cast(tl.program_id(axis=1), tl.int64)
    mask_c = c < channels
    outside: tl.constexpr = float("-inf") if IS_MAX else 0.0
    acc = tl.full((BLOCK_C, BLOCK_P), outside, COMPUTE)
    place = tl.zeros((BLOCK_C, BLOCK_P), dtype=tl.int32)
    x_rows = x_ptr + n * stride_xn + c[:, None] * stride_xc
    for start in range(0, pixels, BLOCK_P):
        p = start + tl.arange(0, BLOCK_P)
        mask = mask_c[:, None] & (p < pixels)[None, :]
        x = tl.load(x_rows + p[None, :] * stride_xp, mask=mask, other=outside).to(COMPUTE)
        acc, place = take(acc, place, x, p[None, :], IS_MAX, PLACES)
    y_offset = n * stride_yn + c * stride_yc
    if IS_MAX:
        is_nan = acc != acc
        nans = tl.max(is_nan.to(tl.int32), axis=1)
        largest = tl.max(tl.where(is_nan, float("-inf"), acc), axis=1)
        if PLACES:
            last_nan = tl.max(tl.where(is_nan, place, -1), axis=1)
            first = tl.min(tl.where(acc == largest[:, None], place, 2147483647), axis=1)
            tl.store(place_ptr + y_offset, tl.where(nans > 0, last_nan, first), mask=mask_c)
        y = tl.where(nans > 0, float("nan"), largest)
    else:
        y = tl.sum(acc, axis=1) / divisor
    tl.store(y_ptr + y_offset, y, mask=mask_c)
