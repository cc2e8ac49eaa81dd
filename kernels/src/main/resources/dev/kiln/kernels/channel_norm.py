"""What batch norm and group norm share: arrays of samples x channels x spatial with any strides.

A tile is BLOCK_C channels by BLOCK_S places of one sample. With h the normalised input, the output
is activation(h w + b), with weight and bias of the channel.
"""

import triton
import triton.language as tl
from activation import activation_gradient


@triton.jit
def load_tile(ptr, sample, chans, places, mask, stride_n, stride_c, stride_s, COMPUTE: tl.constexpr):
    offsets = sample.to(tl.int64) * stride_n + chans.to(tl.int64)[:, None] * stride_c
    at = places.to(tl.int64)[None, :] * stride_s
    return tl.load(ptr + offsets + at, mask=mask, other=0.0).to(COMPUTE)


@triton.jit
def store_tile(ptr, value, sample, chans, places, mask, stride_n, stride_c, stride_s):
    offsets = sample.to(tl.int64) * stride_n + chans.to(tl.int64)[:, None] * stride_c
    at = places.to(tl.int64)[None, :] * stride_s
    tl.store(ptr + offsets + at, value, mask=mask)


@triton.jit
def load_parameter(ptr, chans, mask, COMPUTE: tl.constexpr):
    """A number for each channel; None gives None."""
    if ptr is not None:
        return tl.load(ptr + chans, mask=mask, other=0.0).to(COMPUTE)[:, None]


@triton.jit
def before_activation(h, weight, bias):
    if weight is not None:
        h = h * weight
    if bias is not None:
        h = h + bias
    return h


@triton.jit
def gradient_before_activation(h, dy, weight, bias, ACTIVATION: tl.constexpr):
    if ACTIVATION != "none":
        dy = activation_gradient(before_activation(h, weight, bias), dy, ACTIVATION)
    return dy
