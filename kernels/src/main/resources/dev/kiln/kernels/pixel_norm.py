"""Pixel norm of samples x channels x spatial, channels first or last, forward and backward.

y = x / sqrt(mean(x^2) + eps), with the mean over the channels at each place (Karras et al., 2018).
With r = 1 / sqrt(mean(x^2) + eps), dx = r (dy - y mean(dy y)).
"""

import triton
import triton.language as tl
from channel_norm import load_tile, store_tile


@triton.jit
def pixel_norm_forward_kernel(
    x_ptr,
    y_ptr,
    n_channels,
    n_places,
    stride_n,
    stride_c,
    stride_s,
    eps,
    inverse_channels,  # 1 / n_channels
    COMPUTE: tl.constexpr,
    BLOCK_C: tl.constexpr,
    BLOCK_S: tl.constexpr,
):
    places = tl.program_id(axis=0) * BLOCK_S + tl.arange(0, BLOCK_S)
    sample = tl.program_id(axis=1)
    squares = tl.zeros((BLOCK_S,), dtype=COMPUTE)
    for channel in range(0, n_channels, BLOCK_C):
        chans = channel + tl.arange(0, BLOCK_C)
        mask = (chans < n_channels)[:, None] & (places < n_places)[None, :]
        x = load_tile(x_ptr, sample, chans, places, mask, stride_n, stride_c, stride_s, COMPUTE)
        squares += tl.sum(x * x, axis=0)
    r = (1.0 / tl.sqrt(squares * inverse_channels + eps))[None, :]
    for channel in range(0, n_channels, BLOCK_C):
        chans = channel + tl.arange(0, BLOCK_C)
        mask = (chans < n_channels)[:, None] & (places < n_places)[None, :]
        x = load_tile(x_ptr, sample, chans, places, mask, stride_n, stride_c, stride_s, COMPUTE)
        store_tile(y_ptr, x * r, sample, chans, places, mask, stride_n, stride_c, stride_s)


@triton.jit
def pixel_norm_backward_kernel(
    dy_ptr,
    x_ptr,
    dx_ptr,
    n_channels,
    n_places,
    stride_n,
    stride_c,
    stride_s,
    eps,
    inverse_channels,
    COMPUTE: tl.constexpr,
    BLOCK_C: tl.constexpr,
    BLOCK_S: tl.constexpr,
):
    places = tl.program_id(axis=0) * BLOCK_S + tl.arange(0, BLOCK_S)
    sample = tl.program_id(axis=1)
    squares = tl.zeros((BLOCK_S,), dtype=COMPUTE)
    dots = tl.zeros((BLOCK_S,), dtype=COMPUTE)
    for channel in range(0, n_channels, BLOCK_C):
        chans = channel + tl.arange(0, BLOCK_C)
        mask = (chans < n_channels)[:, None] & (places < n_places)[None, :]
        x = load_tile(x_ptr, sample, chans, places, mask, stride_n, stride_c, stride_s, COMPUTE)
        dy = load_tile(dy_ptr, sample, chans, places, mask, stride_n, stride_c, stride_s, COMPUTE)
        squares += tl.sum(x * x, axis=0)
        dots += tl.sum(dy * x, axis=0)
    r = 1.0 / tl.sqrt(squares * inverse_channels + eps)
    mean_dot = dots * inverse_channels * r
    for channel in range(0, n_channels, BLOCK_C):
        chans = channel + tl.arange(0, BLOCK_C)
        mask = (chans < n_channels)[:, None] & (places < n_places)[None, :]
        x = load_tile(x_ptr, sample, chans, places, mask, stride_n, stride_c, stride_s, COMPUTE)
        dy = load_tile(dy_ptr, sample, chans, places, mask, stride_n, stride_c, stride_s, COMPUTE)
        dx = (dy - x * r[None, :] * mean_dot[None, :]) * r[None, :]
        store_tile(dx_ptr, dx, sample, chans, places, mask, stride_n, stride_c, stride_s)
