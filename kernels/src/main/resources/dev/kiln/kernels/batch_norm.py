"""Batch norm of samples x channels x spatial, channels first or last, forward and backward.

y = activation((x - mean) / sqrt(var + eps) w + b), with mean and variance of each channel over
samples and places (Ioffe and Szegedy, 2015). Statistics are taken tile by tile, each from the
differences to its own mean, and merged by the formula of Chan, Golub and LeVeque (1979). For the
variance the channel's first number is taken off before: a large mean does not cancel, neither in
the differences between the tiles' means. Programs take parts of the samples; parts are merged in
order.

With h = (x - mean) rstd, g the gradient before the activation and T numbers in a channel, the
gradients are dw = sum(g h), db = sum(g), dx = w rstd (g - db / T - h dw / T); with fixed statistics
dx = w rstd g.
"""

import triton
import triton.language as tl
from activation import apply_activation
from channel_norm import (
    before_activation,
    gradient_before_activation,
    load_parameter,
    load_tile,
    store_tile,
)


@triton.jit
def load_origin(x_ptr, chans, mask, stride_c, COMPUTE: tl.constexpr):
    """The first number of each channel."""
    return tl.load(x_ptr + chans.to(tl.int64) * stride_c, mask=mask, other=0.0).to(COMPUTE)


@triton.jit
def batch_statistics_kernel(
    x_ptr,
    parts_ptr,  # for each part: means less origin, sums of squared differences, sums, the count
    n_samples,
    n_channels,
    n_places,
    stride_n,
    stride_c,
    stride_s,
    part_samples,
    part_places,
    COMPUTE: tl.constexpr,
    BLOCK_C: tl.constexpr,
    BLOCK_S: tl.constexpr,
):
    chans = tl.program_id(axis=0) * BLOCK_C + tl.arange(0, BLOCK_C)
    channel_mask = chans < n_channels
    first_sample = tl.program_id(axis=1) * part_samples
    first_place = tl.program_id(axis=2) * part_places
    end_sample = tl.minimum(first_sample + part_samples, n_samples)
    end_place = tl.minimum(first_place + part_places, n_places)
    mean = tl.zeros((BLOCK_C,), dtype=COMPUTE)
    squares = tl.zeros((BLOCK_C,), dtype=COMPUTE)
    sums = tl.zeros((BLOCK_C,), dtype=COMPUTE)
    count = tl.zeros((1,), dtype=COMPUTE)
    origin = load_origin(x_ptr, chans, channel_mask, stride_c, COMPUTE)
    for sample in range(first_sample, end_sample):
        for start in range(first_place, end_place, BLOCK_S):
            places = start + tl.arange(0, BLOCK_S)
            mask = channel_mask[:, None] & (places < end_place)[None, :]
            x = load_tile(x_ptr, sample, chans, places, mask, stride_n, stride_c, stride_s, COMPUTE)
            sums += tl.sum(x, axis=1)
            x = tl.where(mask, x - origin[:, None], 0.0)
            size = tl.minimum(end_place - start, BLOCK_S).to(COMPUTE)
            tile_mean = tl.sum(x, axis=1) / size
            x = tl.where(mask, x - tile_mean[:, None], 0.0)
            delta = tile_mean - mean
            share = size / (count + size)
            squares += tl.sum(x * x, axis=1) + delta * delta * (count * share)
            mean += delta * share
            count += size
    part = tl.program_id(axis=1).to(tl.int64) * tl.num_programs(axis=2) + tl.program_id(axis=2)
    part_ptr = parts_ptr + part * (3 * n_channels + 1)
    tl.store(part_ptr + chans, mean, mask=channel_mask)
    tl.store(part_ptr + n_channels + chans, squares, mask=channel_mask)
    tl.store(part_ptr + 2 * n_channels + chans, sums, mask=channel_mask)
    if tl.program_id(axis=0) == 0:
        tl.store(part_ptr + 3 * n_channels + tl.arange(0, 1), count)


@triton.jit
def merge_statistics_kernel(
    parts_ptr,
    mean_ptr,  # receives the mean of each channel
    rstd_ptr,  # receives 1 / sqrt(var + eps)
    running_mean_ptr,  # is moved towards the mean; or None
    running_var_ptr,  # is moved towards the unbiased variance
    n_parts,
    n_channels,
    eps,
    momentum,
    COMPUTE: tl.constexpr,
    BLOCK_C: tl.constexpr,
):
    chans = tl.program_id(axis=0) * BLOCK_C + tl.arange(0, BLOCK_C)
    mask = chans < n_channels
    mean = tl.zeros((BLOCK_C,), dtype=COMPUTE)
    squares = tl.zeros((BLOCK_C,), dtype=COMPUTE)
    sums = tl.zeros((BLOCK_C,), dtype=COMPUTE)
    count = tl.zeros((1,), dtype=COMPUTE)
    for part in range(0, n_parts):
        part_ptr = parts_ptr + part.to(tl.int64) * (3 * n_channels + 1)
        size = tl.load(part_ptr + 3 * n_channels + tl.arange(0, 1))
        sums += tl.load(part_ptr + 2 * n_channels + chans, mask=mask, other=0.0)
        delta = tl.load(part_ptr + chans, mask=mask, other=0.0) - mean
        share = size / (count + size)
        squares += tl.load(part_ptr + n_channels + chans, mask=mask, other=0.0)
        squares += delta * delta * (count * share)
        mean += delta * share
        count += size
    mean = sums / count
    tl.store(mean_ptr + chans, mean, mask=mask)
    tl.store(rstd_ptr + chans, 1.0 / tl.sqrt(squares / count + eps), mask=mask)
    if running_mean_ptr is not None:
        running_mean = tl.load(running_mean_ptr + chans, mask=mask)
        running_var = tl.load(running_var_ptr + chans, mask=mask)
        var = squares / (count - 1.0)
        running_mean = running_mean * (1.0 - momentum) + mean * momentum
        running_var = running_var * (1.0 - momentum) + var * momentum
        tl.store(running_mean_ptr + chans, running_mean, mask=mask)
        tl.store(running_var_ptr + chans, running_var, mask=mask)


@triton.jit
def load_rstd(ptr, chans, mask, eps, IS_VARIANCE: tl.constexpr, COMPUTE: tl.constexpr):
    """1 / sqrt(var + eps), stored as it is or as the variance."""
    rstd = tl.load(ptr + chans, mask=mask, other=1.0).to(COMPUTE)
    if IS_VARIANCE:
        rstd = 1.0 / tl.sqrt(rstd + eps)
    return rstd[:, None]


@triton.jit
def batch_norm_forward_kernel(
    x_ptr,
    mean_ptr,
    rstd_ptr,  # or the variance
    weight_ptr,  # or None for 1
    bias_ptr,  # or None for 0
    y_ptr,
    n_channels,
    n_places,
    stride_n,
    stride_c,
    stride_s,
    eps,
    ACTIVATION: tl.constexpr,
    IS_VARIANCE: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK_C: tl.constexpr,
    BLOCK_S: tl.constexpr,
):
    places = tl.program_id(axis=0) * BLOCK_S + tl.arange(0, BLOCK_S)
    chans = tl.program_id(axis=1) * BLOCK_C + tl.arange(0, BLOCK_C)
    sample = tl.program_id(axis=2)
    channel_mask = chans < n_channels
    mask = channel_mask[:, None] & (places < n_places)[None, :]
    mean = tl.load(mean_ptr + chans, mask=channel_mask, other=0.0).to(COMPUTE)[:, None]
    rstd = load_rstd(rstd_ptr, chans, channel_mask, eps, IS_VARIANCE, COMPUTE)
    weight = load_parameter(weight_ptr, chans, channel_mask, COMPUTE)
    bias = load_parameter(bias_ptr, chans, channel_mask, COMPUTE)
    x = load_tile(x_ptr, sample, chans, places, mask, stride_n, stride_c, stride_s, COMPUTE)
    y = apply_activation(before_activation((x - mean) * rstd, weight, bias), ACTIVATION)
    store_tile(y_ptr, y, sample, chans, places, mask, stride_n, stride_c, stride_s)


@triton.jit
def batch_gradients_kernel(
    dy_ptr,
    x_ptr,
    mean_ptr,
    rstd_ptr,  # or the variance
    weight_ptr,
    bias_ptr,
    parts_ptr,  # for each part: sum(g), sum(g h)
    n_samples,
    n_channels,
    n_places,
    stride_n,
    stride_c,
    stride_s,
    part_samples,
    part_places,
    eps,
    ACTIVATION: tl.constexpr,
    IS_VARIANCE: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK_C: tl.constexpr,
    BLOCK_S: tl.constexpr,
):
    chans = tl.program_id(axis=0) * BLOCK_C + tl.arange(0, BLOCK_C)
    channel_mask = chans < n_channels
    first_sample = tl.program_id(axis=1) * part_samples
    first_place = tl.program_id(axis=2) * part_places
    end_sample = tl.minimum(first_sample + part_samples, n_samples)
    end_place = tl.minimum(first_place + part_places, n_places)
    mean = tl.load(mean_ptr + chans, mask=channel_mask, other=0.0).to(COMPUTE)[:, None]
    rstd = load_rstd(rstd_ptr, chans, channel_mask, eps, IS_VARIANCE, COMPUTE)
    weight = load_parameter(weight_ptr, chans, channel_mask, COMPUTE)
    bias = load_parameter(bias_ptr, chans, channel_mask, COMPUTE)
    sums = tl.zeros((BLOCK_C,), dtype=COMPUTE)
    dots = tl.zeros((BLOCK_C,), dtype=COMPUTE)
    for sample in range(first_sample, end_sample):
        for start in range(first_place, end_place, BLOCK_S):
            places = start + tl.arange(0, BLOCK_S)
            mask = channel_mask[:, None] & (places < end_place)[None, :]
            x = load_tile(x_ptr, sample, chans, places, mask, stride_n, stride_c, stride_s, COMPUTE)
            dy = load_tile(
                dy_ptr, sample, chans, places, mask, stride_n, stride_c, stride_s, COMPUTE
            )
            h = (x - mean) * rstd
            g = gradient_before_activation(h, dy, weight, bias, ACTIVATION)
            sums += tl.sum(g, axis=1)
            dots += tl.sum(g * h, axis=1)
    part = tl.program_id(axis=1).to(tl.int64) * tl.num_programs(axis=2) + tl.program_id(axis=2)
    part_ptr = parts_ptr + part * (2 * n_channels)
    tl.store(part_ptr + chans, sums, mask=channel_mask)
    tl.store(part_ptr + n_channels + chans, dots, mask=channel_mask)


@triton.jit
def merge_gradients_kernel(
    parts_ptr,
    totals_ptr,  # receives sum(g), sum(g h) of each channel
    dweight_ptr,  # receives sum(g h); or None
    dbias_ptr,  # receives sum(g); or None
    n_parts,
    n_channels,
    COMPUTE: tl.constexpr,
    BLOCK_C: tl.constexpr,
):
    chans = tl.program_id(axis=0) * BLOCK_C + tl.arange(0, BLOCK_C)
    mask = chans < n_channels
    sums = tl.zeros((BLOCK_C,), dtype=COMPUTE)
    dots = tl.zeros((BLOCK_C,), dtype=COMPUTE)
    for part in range(0, n_parts):
        part_ptr = parts_ptr + part.to(tl.int64) * (2 * n_channels)
        sums += tl.load(part_ptr + chans, mask=mask, other=0.0)
        dots += tl.load(part_ptr + n_channels + chans, mask=mask, other=0.0)
    tl.store(totals_ptr + chans, sums, mask=mask)
    tl.store(totals_ptr + n_channels + chans, dots, mask=mask)
    if dweight_ptr is not None:
        tl.store(dweight_ptr + chans, dots, mask=mask)
    if dbias_ptr is not None:
        tl.store(dbias_ptr + chans, sums, mask=mask)


@triton.jit
def batch_norm_backward_kernel(
    dy_ptr,
    x_ptr,
    mean_ptr,
    rstd_ptr,  # or the variance, with fixed statistics
    weight_ptr,
    bias_ptr,
    totals_ptr,  # sum(g), sum(g h) of each channel
    dx_ptr,
    n_channels,
    n_places,
    stride_n,
    stride_c,
    stride_s,
    eps,
    inverse_count,  # 1 / T
    ACTIVATION: tl.constexpr,
    IS_VARIANCE: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK_C: tl.constexpr,
    BLOCK_S: tl.constexpr,
):
    places = tl.program_id(axis=0) * BLOCK_S + tl.arange(0, BLOCK_S)
    chans = tl.program_id(axis=1) * BLOCK_C + tl.arange(0, BLOCK_C)
    sample = tl.program_id(axis=2)
    channel_mask = chans < n_channels
    mask = channel_mask[:, None] & (places < n_places)[None, :]
    mean = tl.load(mean_ptr + chans, mask=channel_mask, other=0.0).to(COMPUTE)[:, None]
    rstd = load_rstd(rstd_ptr, chans, channel_mask, eps, IS_VARIANCE, COMPUTE)
    weight = load_parameter(weight_ptr, chans, channel_mask, COMPUTE)
    bias = load_parameter(bias_ptr, chans, channel_mask, COMPUTE)
    x = load_tile(x_ptr, sample, chans, places, mask, stride_n, stride_c, stride_s, COMPUTE)
    dy = load_tile(dy_ptr, sample, chans, places, mask, stride_n, stride_c, stride_s, COMPUTE)
    h = (x - mean) * rstd
    g = gradient_before_activation(h, dy, weight, bias, ACTIVATION)
    if not IS_VARIANCE:
        sums = tl.load(totals_ptr + chans, mask=channel_mask, other=0.0) * inverse_count
        dots = tl.load(totals_ptr + n_channels + chans, mask=channel_mask, other=0.0)
        g = g - sums[:, None] - h * (dots * inverse_count)[:, None]
    dx = before_activation(g * rstd, weight, None)
    store_tile(dx_ptr, dx, sample, chans, places, mask, stride_n, stride_c, stride_s)
