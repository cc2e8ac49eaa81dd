"""Activations, forward and backward, element by element; also as epilogues of other kernels.

apply_activation(x, ACTIVATION) is the function, activation_gradient(x, dy, ACTIVATION) is dy times
its derivative at x. ACTIVATION is a name:

none         x
relu         max(x, 0)
squared_relu max(x, 0)^2                                   So et al., "Primer", 2021
relu6        min(max(x, 0), 6)                             Howard et al., "MobileNets", 2017
leaky_relu   x, or a x below 0                             Maas et al., 2013; a = 0.01
elu          x, or a (exp(x) - 1) below 0                  Clevert et al., 2015; a = 1
selu         1.0507 elu(x) with a = 1.6733                 Klambauer et al., 2017
celu         x, or a (exp(x / a) - 1) below 0              Barron, 2017; a = 1
gelu         x/2 (1 + erf(x / sqrt 2))                     Hendrycks and Gimpel, 2016
gelu_tanh    x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
quick_gelu   x sigmoid(1.702 x)
silu         x sigmoid(x), also called swish               Elfwing et al., 2017
mish         x tanh(log(1 + exp(x)))                       Misra, 2019
sigmoid      1 / (1 + exp(-x))
log_sigmoid  log(sigmoid(x))
hard_sigmoid min(max(x + 3, 0), 6) / 6                     Howard et al., "MobileNetV3", 2019
hard_swish   x hard_sigmoid(x)
tanh         tanh(x)
hard_tanh    min(max(x, a), b)                             a = -1, b = 1
softplus     log(1 + exp(a x)) / a, or x where a x > b     a = 1, b = 20
softsign     x / (1 + |x|)

The numbers a and b may be given behind ACTIVATION, at run time too; what is told here is used
otherwise. NaN stays NaN. The derivative where a function has a corner is PyTorch's.
"""

import triton
import triton.language as tl
from triton.language.extra import libdevice


@triton.jit
def clip(x, low, high):
    # tl.clamp would turn NaN into a number.
    return tl.where(x < low, low, tl.where(x > high, high, x))


@triton.jit
def expm1(x):
    # Without cancellation near 0, for x <= 0: exp(x) - 1 = tanh(x / 2) (exp(x) + 1).
    return libdevice.tanh(0.5 * x) * (tl.exp(x) + 1.0)


@triton.jit
def log1p(x):
    # For x >= 0. The rounding error of 1 + x is the same in both factors, and cancels.
    sum = 1.0 + x
    return tl.where(sum == 1.0, x, tl.log(sum) * (x / tl.where(sum == 1.0, 1.0, sum - 1.0)))


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
def sigmoid_and_slope(x):
    # The slope is s (1 - s), here without the difference, of which little is left where s is near 1.
    e = tl.exp(-tl.abs(x))
    r = 1.0 / (1.0 + e)
    return tl.where(x >= 0.0, r, e * r), e * r * r


@triton.jit
def gelu_tanh_derivative(x):
    s, slope = sigmoid_and_slope(1.5957691216057308 * x * (1.0 + 0.044715 * x * x))
    return s + x * slope * 1.5957691216057308 * (1.0 + 0.134145 * x * x)


@triton.jit
def swish(x, slope):
    return x * tl.sigmoid(slope * x)


@triton.jit
def swish_derivative(x, slope):
    s, rise = sigmoid_and_slope(slope * x)
    return s + slope * x * rise


@triton.jit
def tanh_of_softplus(x):
    # With e = exp(-|x|), which cannot overflow; both fractions are ((1 + exp(x))^2 -+ 1).
    e = tl.exp(-tl.abs(x))
    numerator = tl.where(x > 0.0, 1.0 + 2.0 * e, e * (e + 2.0))
    return numerator / (numerator + 2.0 * tl.where(x > 0.0, e * e, 1.0))


@triton.jit
def softplus(x, beta, threshold):
    scaled = beta * x
    soft = tl.where(scaled > 0.0, scaled, 0.0) + log1p(tl.exp(-tl.abs(scaled)))
    return tl.where(scaled > threshold, x, soft / beta)


@triton.jit
def log_sigmoid(x):
    return tl.where(x < 0.0, x, 0.0) - log1p(tl.exp(-tl.abs(x)))


@triton.jit
def apply_activation_with(x, ACTIVATION: tl.constexpr, a, b):
    if ACTIVATION == "relu":
        y = tl.where(x < 0.0, 0.0, x)
    elif ACTIVATION == "squared_relu":
        y = tl.where(x < 0.0, 0.0, x) * x
    elif ACTIVATION == "relu6":
        y = clip(x, 0.0, 6.0)
    elif ACTIVATION == "leaky_relu":
        y = tl.where(x < 0.0, a * x, x)
    elif ACTIVATION == "elu":
        y = tl.where(x < 0.0, a * expm1(x), x)
    elif ACTIVATION == "selu":
        y = tl.where(x < 0.0, 1.7580993408473766 * expm1(x), 1.0507009873554805 * x)
    elif ACTIVATION == "celu":
        y = tl.where(x < 0.0, a * expm1(x / a), x)
    elif ACTIVATION == "gelu":
        y = gelu_erf(x)
    elif ACTIVATION == "gelu_tanh":
        y = gelu_tanh(x)
    elif ACTIVATION == "quick_gelu":
        y = swish(x, 1.702)
    elif ACTIVATION == "silu":
        y = swish(x, 1.0)
    elif ACTIVATION == "mish":
        y = x * tanh_of_softplus(x)
    elif ACTIVATION == "sigmoid":
        y = tl.sigmoid(x)
    elif ACTIVATION == "log_sigmoid":
        y = log_sigmoid(x)
    elif ACTIVATION == "hard_sigmoid":
        y = clip(x + 3.0, 0.0, 6.0) * 0.16666666666666667
    elif ACTIVATION == "hard_swish":
        y = x * clip(x + 3.0, 0.0, 6.0) * 0.16666666666666667
    elif ACTIVATION == "tanh":
        y = libdevice.tanh(x)
    elif ACTIVATION == "hard_tanh":
        y = clip(x, a, b)
    elif ACTIVATION == "softplus":
        y = softplus(x, a, b)
    elif ACTIVATION == "softsign":
        y = x / (1.0 + tl.abs(x))
    else:
        tl.static_assert(ACTIVATION == "none", "no such activation")
        y = x
    return y


@triton.jit
def activation_gradient_with(x, dy, ACTIVATION: tl.constexpr, a, b):
    if ACTIVATION == "relu":
        dx = tl.where(x <= 0.0, 0.0, dy)
    elif ACTIVATION == "squared_relu":
        dx = tl.where(x <= 0.0, 0.0, dy * (2.0 * x))
    elif ACTIVATION == "relu6":
        dx = tl.where((x <= 0.0) | (x >= 6.0), 0.0, dy)
    elif ACTIVATION == "leaky_relu":
        dx = tl.where(x <= 0.0, a * dy, dy)
    elif ACTIVATION == "elu":
        dx = tl.where(x <= 0.0, dy * (a * tl.exp(x)), dy)
    elif ACTIVATION == "selu":
        dx = dy * tl.where(x <= 0.0, 1.7580993408473766 * tl.exp(x), 1.0507009873554805)
    elif ACTIVATION == "celu":
        dx = tl.where(x <= 0.0, dy * tl.exp(x / a), dy)
    elif ACTIVATION == "gelu":
        dx = dy * gelu_erf_derivative(x)
    elif ACTIVATION == "gelu_tanh":
        dx = dy * gelu_tanh_derivative(x)
    elif ACTIVATION == "quick_gelu":
        dx = dy * swish_derivative(x, 1.702)
    elif ACTIVATION == "silu":
        dx = dy * swish_derivative(x, 1.0)
    elif ACTIVATION == "mish":
        t = tanh_of_softplus(x)
        dx = dy * (t + x * (1.0 - t * t) * tl.sigmoid(x))
    elif ACTIVATION == "sigmoid":
        s = tl.sigmoid(x)
        dx = dy * (s * (1.0 - s))
    elif ACTIVATION == "log_sigmoid":
        dx = dy * tl.sigmoid(-x)
    elif ACTIVATION == "hard_sigmoid":
        dx = tl.where((x <= -3.0) | (x >= 3.0), 0.0, dy * 0.16666666666666667)
    elif ACTIVATION == "hard_swish":
        slope = x * 0.3333333333333333 + 0.5
        dx = tl.where(x <= -3.0, 0.0, tl.where(x >= 3.0, dy, dy * slope))
    elif ACTIVATION == "tanh":
        t = libdevice.tanh(x)
        dx = dy * (1.0 - t * t)
    elif ACTIVATION == "hard_tanh":
        dx = tl.where((x <= a) | (x >= b), 0.0, dy)
    elif ACTIVATION == "softplus":
        dx = tl.where(a * x > b, dy, dy * tl.sigmoid(a * x))
    elif ACTIVATION == "softsign":
        d = 1.0 + tl.abs(x)
        dx = dy / (d * d)
    else:
        tl.static_assert(ACTIVATION == "none", "no such activation")
        dx = dy
    return dx


@triton.jit
def apply_activation(x, ACTIVATION: tl.constexpr, a=None, b=None):
    if a is not None:
        y = apply_activation_with(x, ACTIVATION, a, b)
    elif ACTIVATION == "leaky_relu":
        y = apply_activation_with(x, ACTIVATION, 0.01, None)
    elif ACTIVATION == "softplus":
        y = apply_activation_with(x, ACTIVATION, 1.0, 20.0)
    elif ACTIVATION == "hard_tanh":
        y = apply_activation_with(x, ACTIVATION, -1.0, 1.0)
    else:
        y = apply_activation_with(x, ACTIVATION, 1.0, None)
    return y


@triton.jit
def activation_gradient(x, dy, ACTIVATION: tl.constexpr, a=None, b=None):
    if a is not None:
        dx = activation_gradient_with(x, dy, ACTIVATION, a, b)
    elif ACTIVATION == "leaky_relu":
        dx = activation_gradient_with(x, dy, ACTIVATION, 0.01, None)
    elif ACTIVATION == "softplus":
        dx = activation_gradient_with(x, dy, ACTIVATION, 1.0, 20.0)
    elif ACTIVATION == "hard_tanh":
        dx = activation_gradient_with(x, dy, ACTIVATION, -1.0, 1.0)
    else:
        dx = activation_gradient_with(x, dy, ACTIVATION, 1.0, None)
    return dx


# ptx sm_80, sm_90a [gelu of 8192]: registers <= 40, spills == 0, sectors == ideal
@triton.jit
def activation_forward_kernel(
    x_ptr,
    y_ptr,
    n,
    a,  # the activation's numbers
    b,
    ACTIVATION: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
):
    offsets = tl.program_id(axis=0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    x = tl.load(x_ptr + offsets, mask=mask, other=0.0).to(COMPUTE)
    tl.store(y_ptr + offsets, apply_activation(x, ACTIVATION, a, b), mask=mask)


@triton.jit
def activation_backward_kernel(
    x_ptr,  # what went into the activation
    dy_ptr,
    dx_ptr,
    n,
    a,
    b,
    ACTIVATION: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
):
    offsets = tl.program_id(axis=0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    x = tl.load(x_ptr + offsets, mask=mask, other=0.0).to(COMPUTE)
    dy = tl.load(dy_ptr + offsets, mask=mask, other=0.0).to(COMPUTE)
    tl.store(dx_ptr + offsets, activation_gradient(x, dy, ACTIVATION, a, b), mask=mask)
