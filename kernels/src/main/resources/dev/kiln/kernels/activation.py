"""ReLU and GELU, forward and backward, element by element.

GELU has two forms: with the error function, x/2 (1 + erf(x / sqrt 2)), and with the hyperbolic
tangent, x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). Hendrycks and Gimpel, "Gaussian Error Linear
Units", 2016.
"""

import triton
import triton.language as tl


@triton.jit
def gelu_erf(x):
    return 0.5 * x * (1.0 + tl.erf(x * 0.7071067811865476))


@triton.jit
def gelu_erf_derivative(x):
    density = 0.3989422804014327 * tl.exp(-0.5 * x * x)
    return 0.5 * (1.0 + tl.erf(x * 0.7071067811865476)) + x * density


@triton.jit
def gelu_tanh(x):
    # 0.5 * (1 + tanh(u)) is sigmoid(2 u).
    return x * tl.sigmoid(1.5957691216057308 * x * (1.0 + 0.044715 * x * x))


@triton.jit
def gelu_tanh_derivative(x):
    s = tl.sigmoid(1.5957691216057308 * x * (1.0 + 0.044715 * x * x))
    return s + x * s * (1.0 - s) * 1.5957691216057308 * (1.0 + 0.134145 * x * x)


@triton.jit
def activation_forward_kernel(
    x_ptr,
    y_ptr,
    n,
    ACTIVATION: tl.constexpr,  # "relu", "gelu" or "gelu_tanh"
    BLOCK: tl.constexpr,
):
    offsets = tl.program_id(axis=0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    x = tl.load(x_ptr + offsets, mask=mask, other=0.0).to(tl.float32)
    if ACTIVATION == "relu":
        y = tl.maximum(x, 0.0)
    elif ACTIVATION == "gelu":
        y = gelu_erf(x)
    else:
        y = gelu_tanh(x)
    tl.store(y_ptr + offsets, y, mask=mask)


@triton.jit
def activation_backward_kernel(
    x_ptr,  # what went into the activation
    dy_ptr,
    dx_ptr,
    n,
    ACTIVATION: tl.constexpr,
    BLOCK: tl.constexpr,
):
    offsets = tl.program_id(axis=0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    x = tl.load(x_ptr + offsets, mask=mask, other=0.0).to(tl.float32)
    dy = tl.load(dy_ptr + offsets, mask=mask, other=0.0).to(tl.float32)
    if ACTIVATION == "relu":
        dx = tl.where(x > 0.0, dy, 0.0)
    elif ACTIVATION == "gelu":
        dx = dy * gelu_erf_derivative(x)
    else:
        dx = dy * gelu_tanh_derivative(x)
    tl.store(dx_ptr + offsets, dx, mask=mask)
