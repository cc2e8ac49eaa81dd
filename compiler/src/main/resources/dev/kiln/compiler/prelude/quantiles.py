"""Inverse error functions: the normal distribution's quantiles by the rational functions of Wichura's
algorithm AS 241 (Applied Statistics 37, 1988), in fp64."""

import triton
import triton.language as tl


def polynomial(x, coefficients: tl.constexpr):
    """From the highest power down."""
    value = tl.full(x.shape, coefficients[0], tl.float64)
    for k in tl.static_range(1, len(coefficients)):
        value = value * x + coefficients[k]
    return value


def central_quantile(q):
    r = 0.180625 - q * q
    above = polynomial(r, (
        2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
        1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080))
    below = polynomial(r, (
        5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
        5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0))
    return q * above / below


def tail_quantile(p):
    r = tl.sqrt(-tl.log(p))
    near = r - 1.6
    above = polynomial(near, (
        7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
        1.27045825245236838258, 3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590,
        1.42343711074968357734))
    below = polynomial(near, (
        1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
        1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940,
        2.05319162663775882187, 1.0))
    far = r - 5.0
    far_above = polynomial(far, (
        2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
        2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580,
        5.46378491116411436990, 6.65790464350110377720))
    far_below = polynomial(far, (
        2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
        7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
        5.99832206555887937690e-1, 1.0))
    return tl.where(r <= 5.0, above / below, far_above / far_below)


def quantile(q, p):
    """Of the probability 1/2 + q, where p is that of the nearer tail: both, since either may be lost
    in the other. Infinite where the tail is empty, NaN where it is negative."""
    tail = tl.where(p == 0, INFINITY, tail_quantile(p))
    inside = tl.where(tl.abs(q) <= 0.425, central_quantile(q), with_sign_of(tail, q))
    return tl.where(p >= 0, inside, float("nan"))


def libdevice_normcdfinv(x):
    y = wide(x)
    return quantile(y - 0.5, tl.where(y > 0.5, 1.0 - y, y))


def libdevice_erfinv(x):
    y = wide(x)
    return quantile(0.5 * y, 0.5 - 0.5 * tl.abs(y)) * SQRT_HALF


def libdevice_erfcinv(x):
    y = wide(x)
    return quantile(0.5 - 0.5 * y, 0.5 * tl.where(y > 1.0, 2.0 - y, y)) * SQRT_HALF
