"""Tiles of rows of images, for kernels that share nothing among channels.

Rows are numbered (n D + d) H + h. A program takes some rows, and of each of them a tile: a part of
its pixels by some channels. The axis whose elements are neighbours in memory is the tile's last:
pixels if WIDTH_LAST, else channels.
"""

import triton
import triton.language as tl


@triton.jit
def program_tile(
    width, channels, ROWS: tl.constexpr, BLOCK_W: tl.constexpr, BLOCK_C: tl.constexpr
):
    """The program's first row, its pixels of each row and its channels."""
    tiles_c = tl.cdiv(channels, BLOCK_C)
    tiles_w = tl.cdiv(width, BLOCK_W)
    pid = tl.program_id(axis=0)
    first = pid // (tiles_c * tiles_w) * ROWS
    w = pid // tiles_c % tiles_w * BLOCK_W + tl.arange(0, BLOCK_W)
    c = pid % tiles_c * BLOCK_C + tl.arange(0, BLOCK_C)
    return first, w, c


@triton.jit
def split_row(row, D, H):
    """Image, depth and height of a row's number."""
    h = row % H
    d = row // H % D
    n = tl.cast(row // (H * D), tl.int64)
    return n, d, h


@triton.jit
def tile_of(w, c, WIDTH_LAST: tl.constexpr):
    """Offsets along both axes of a tile."""
    if WIDTH_LAST:
        offsets = c[:, None] + w[None, :]
    else:
        offsets = w[:, None] + c[None, :]
    return offsets


@triton.jit
def mask_of(w, c, WIDTH_LAST: tl.constexpr):
    """Where both axes of a tile are inside."""
    if WIDTH_LAST:
        mask = c[:, None] & w[None, :]
    else:
        mask = w[:, None] & c[None, :]
    return mask


@triton.jit
def along_width(w, WIDTH_LAST: tl.constexpr):
    """A number for each pixel, to be broadcast to a tile."""
    if WIDTH_LAST:
        column = w[None, :]
    else:
        column = w[:, None]
    return column


@triton.jit
def along_channels(c, WIDTH_LAST: tl.constexpr):
    """A number for each channel, to be broadcast to a tile."""
    if WIDTH_LAST:
        column = c[:, None]
    else:
        column = c[None, :]
    return column


@triton.jit
def filled(value, BLOCK_W: tl.constexpr, BLOCK_C: tl.constexpr, WIDTH_LAST: tl.constexpr, dtype):
    """A tile of equal numbers."""
    if WIDTH_LAST:
        tile = tl.full((BLOCK_C, BLOCK_W), value, dtype)
    else:
        tile = tl.full((BLOCK_W, BLOCK_C), value, dtype)
    return tile
