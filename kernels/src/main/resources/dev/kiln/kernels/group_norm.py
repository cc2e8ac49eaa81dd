"""Group norm of samples x channels x spatial, channels first or last, forward and backward.

y = activation((x - mean) / sqrt(var + eps) w + b), with mean and variance of each group of channels
of each sample (Wu and He, 2018). One group is layer norm, groups of one channel are instance norm
(Ulyanov et al., 2016). The mean is taken first, the variance from the differences to it.

With h = (x - mean) rstd, g the gradient before the activation, means over the group, the gradients
are dx = rstd (g w - mean(g w) - h mean(g w h)), dw = sum(g h), db = sum(g); the last two are taken
for each sample and added up in order.
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
def group_norm_forward_kernel(
    x_ptr,
    weight_ptr,  # or None for 1
    bias_ptr,  # or None for 0
    y_ptr,
    mean_ptr,  # samples x groups; or None
    rstd_ptr,  # samples x groups; or None
    group_channels,
    n_places,
    stride_n,
    stride_c,
    stride_s,
    eps,
    inverse_size,  # 1 / numbers of a group
    ACTIVATION: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK_C: tl.constexpr,
    BLOCK_S: tl.constexpr,
):
    group = tl.program_id(axis=0)
    sample = tl.program_id(axis=1)
    first = group * group_channels
    end = first + group_channels
    sums = tl.zeros((BLOCK_C,), dtype=COMPUTE)
    for channel in range(first, end, BLOCK_C):
        chans = channel + tl.arange(0, BLOCK_C)
        for start in range(0, n_places, BLOCK_S):
            places = start + tl.arange(0, BLOCK_S)
            mask = (chans < end)[:, None] & (places < n_places)[None, :]
            x = load_tile(x_ptr, sample, chans, places, mask, stride_n, stride_c, stride_s, COMPUTE)
            sums += tl.sum(x, axis=1)
    mean = tl.sum(sums, axis=0) * inverse_size
    squares = tl.zeros((BLOCK_C,), dtype=COMPUTE)
    for channel in range(first, end, BLOCK_C):
        chans = channel + tl.arange(0, BLOCK_C)
        for start in range(0, n_places, BLOCK_S):
            places = start + tl.arange(0, BLOCK_S)
            mask = (chans < end)[:, None] & (places < n_places)[None, :]
            x = load_tile(x_ptr, sample, chans, places, mask, stride_n, stride_c, stride_s, COMPUTE)
            x = tl.where(mask, x - mean, 0.0)
            squares += tl.sum(x * x, axis=1)
    rstd = 1.0 / tl.sqrt(tl.sum(squares, axis=0) * inverse_size + eps)
    for channel in range(first, end, BLOCK_C):
        chans = channel + tl.arange(0, BLOCK_C)
        channel_mask = chans < end
        weight = load_parameter(weight_ptr, chans, channel_mask, COMPUTE)
        bias = load_parameter(bias_ptr, chans, channel_mask, COMPUTE)
        for start in range(0, n_places, BLOCK_S):
            places = start + tl.arange(0, BLOCK_S)
            mask = channel_mask[:, None] & (places < n_places)[None, :]
            x = load_tile(x_ptr, sample, chans, places, mask, stride_n, stride_c, stride_s, COMPUTE)
            y = apply_activation(before_activation((x - mean) * rstd, weight, bias), ACTIVATION)
            store_tile(y_ptr, y, sample, chans, places, mask, stride_n, stride_c, stride_s)
    at = sample.to(tl.int64) * tl.num_programs(axis=0) + group
    if mean_ptr is not None:
        tl.store(mean_ptr + at, mean)
    if rstd_ptr is not None:
        tl.store(rstd_ptr + at, rstd)


@triton.jit
def group_norm_backward_kernel(
    dy_ptr,
    x_ptr,
    weight_ptr,
    bias_ptr,
    mean_ptr,
    rstd_ptr,
    dx_ptr,
    dweight_ptr,  # receives sum(g h) of each sample and channel; or None
    dbias_ptr,  # receives sum(g) of each sample and channel; or None
    group_channels,
    n_places,
    stride_n,
    stride_c,
    stride_s,
    inverse_size,  # 1 / numbers of a group
    ACTIVATION: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK_C: tl.constexpr,
    BLOCK_S: tl.constexpr,
):
    group = tl.program_id(axis=0)
    sample = tl.program_id(axis=1)
    n_groups = tl.num_programs(axis=0)
    first = group * group_channels
    end = first + group_channels
    at = sample.to(tl.int64) * n_groups + group
    mean = tl.load(mean_ptr + at)
    rstd = tl.load(rstd_ptr + at)
    total = tl.zeros((BLOCK_C,), dtype=COMPUTE)
    dot = tl.zeros((BLOCK_C,), dtype=COMPUTE)
    for channel in range(first, end, BLOCK_C):
        chans = channel + tl.arange(0, BLOCK_C)
        channel_mask = chans < end
        weight = load_parameter(weight_ptr, chans, channel_mask, COMPUTE)
        bias = load_parameter(bias_ptr, chans, channel_mask, COMPUTE)
        sums = tl.zeros((BLOCK_C,), dtype=COMPUTE)
        dots = tl.zeros((BLOCK_C,), dtype=COMPUTE)
        for start in range(0, n_places, BLOCK_S):
            places = start + tl.arange(0, BLOCK_S)
            mask = channel_mask[:, None] & (places < n_places)[None, :]
            x = load_tile(x_ptr, sample, chans, places, mask, stride_n, stride_c, stride_s, COMPUTE)
            dy = load_tile(
                dy_ptr, sample, chans, places, mask, stride_n, stride_c, stride_s, COMPUTE
            )
            h = (x - mean) * rstd
            g = gradient_before_activation(h, dy, weight, bias, ACTIVATION)
            sums += tl.sum(g, axis=1)
            dots += tl.sum(g * h, axis=1)
        parameters = sample.to(tl.int64) * n_groups * group_channels + chans
        if dbias_ptr is not None:
            tl.store(dbias_ptr + parameters, sums, mask=channel_mask)
        if dweight_ptr is not None:
            tl.store(dweight_ptr + parameters, dots, mask=channel_mask)
        if weight_ptr is not None:
            scale = tl.load(weight_ptr + chans, mask=channel_mask, other=0.0).to(COMPUTE)
            sums = sums * scale
            dots = dots * scale
        total += sums
        dot += dots
    mean_g = tl.sum(total, axis=0) * inverse_size
    mean_gh = tl.sum(dot, axis=0) * inverse_size
    for channel in range(first, end, BLOCK_C):
        chans = channel + tl.arange(0, BLOCK_C)
        channel_mask = chans < end
        weight = load_parameter(weight_ptr, chans, channel_mask, COMPUTE)
        bias = load_parameter(bias_ptr, chans, channel_mask, COMPUTE)
        for start in range(0, n_places, BLOCK_S):
            places = start + tl.arange(0, BLOCK_S)
            mask = channel_mask[:, None] & (places < n_places)[None, :]
            x = load_tile(x_ptr, sample, chans, places, mask, stride_n, stride_c, stride_s, COMPUTE)
            dy = load_tile(
                dy_ptr, sample, chans, places, mask, stride_n, stride_c, stride_s, COMPUTE
            )
            h = (x - mean) * rstd
            g = gradient_before_activation(h, dy, weight, bias, ACTIVATION)
            dx = (before_activation(g, weight, None) - mean_g - h * mean_gh) * rstd
            store_tile(dx_ptr, dx, sample, chans, places, mask, stride_n, stride_c, stride_s)
