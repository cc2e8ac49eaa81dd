"""Arithmetic rounded towards zero (`rz`), down (`rd`) or up (`ru`): the nearest number, moved by one
where what it lacks of the exact result says so. Of that only the sign must be right."""

import triton
import triton.language as tl


def directed(nearest, lack, mode: tl.constexpr):
    up = libdevice_nextafter(nearest, tl.full(nearest.shape, INFINITY, nearest.dtype))
    down = libdevice_nextafter(nearest, tl.full(nearest.shape, -INFINITY, nearest.dtype))
    if mode == "ru":
        return tl.where(lack > 0, up, nearest)
    elif mode == "rd":
        return tl.where(lack < 0, down, nearest)
    else:
        lower = tl.where((lack < 0) & (nearest > 0), down, nearest)
        return tl.where((lack > 0) & (nearest < 0), up, lower)


def lack_of_sum(x, y, sum):
    """What a sum in fp64 lacks, exactly (Knuth); of one that overflows, the sign."""
    other = sum - x
    lack = (x - (sum - other)) + (y - other)
    beyond = (tl.abs(sum) == INFINITY) & (tl.abs(x) < INFINITY) & (tl.abs(y) < INFINITY)
    return tl.where(beyond, -sum, lack)


def lack_of_wide_sum(x, y, nearest):
    """What an fp32 lacks of the sum of two fp64."""
    sum = x + y
    lack = sum - wide(nearest)
    return tl.where(lack != 0, lack, lack_of_sum(x, y, sum))


def directed_add(x, y, mode: tl.constexpr):
    # Rounded down, what cancels is -0.
    sum = -((-x) + (-y)) if mode == "rd" else x + y
    if x.dtype.is_fp64():
        return directed(sum, lack_of_sum(x, y, sum), mode)
    return directed(sum, lack_of_wide_sum(wide(x), wide(y), sum), mode)


def directed_sub(x, y, mode: tl.constexpr):
    return directed_add(x, -y, mode)


def directed_fma(x, y, z, mode: tl.constexpr):
    """Of fp32, whose products are exact in fp64."""
    result = -tl.fma(-x, y, -z) if mode == "rd" else tl.fma(x, y, z)
    return directed(result, lack_of_wide_sum(wide(x) * wide(y), wide(z), result), mode)


# In fp64 the parts of a product's lack may be below the range: numbers under 2**-900 are scaled by
# 2**600 first.


def is_tiny(x):
    return tl.abs(x) < 1.1830521861667747e-271


def raised(x, when):
    return tl.where(when, x * 4.149515568880993e180, x)


def directed_mul(x, y, mode: tl.constexpr):
    product = libdevice_mul_rn(x, y)
    if x.dtype.is_fp32():
        return directed(product, wide(x) * wide(y) - wide(product), mode)
    tiny = is_tiny(product)
    small = tl.where(tl.abs(x) < tl.abs(y), x, y)
    large = tl.where(tl.abs(x) < tl.abs(y), y, x)
    lack = tl.fma(raised(small, tiny), large, -raised(product, tiny))
    vanished = (product == 0) & (x != 0) & (y != 0)
    one = tl.full(x.shape, 1, tl.float64)
    return directed(product, tl.where(vanished, with_sign_of(one, product), lack), mode)


def directed_div(x, y, mode: tl.constexpr):
    quotient = x / y
    if x.dtype.is_fp32():
        lack = wide(x) - wide(quotient) * wide(y)
    else:
        tiny = is_tiny(x)
        large = tl.abs(y) >= 1
        left = raised(quotient, tiny & large)
        lack = tl.fma(-left, raised(y, tiny & ~large), raised(x, tiny))
    lack = tl.where(y < 0, -lack, lack)
    vanished = (quotient == 0) & (x != 0) & (tl.abs(y) < INFINITY)
    one = tl.full(x.shape, 1, lack.dtype)
    return directed(quotient, tl.where(vanished, with_sign_of(one, wide(quotient)), lack), mode)


def directed_rcp(x, mode: tl.constexpr):
    return directed_div(tl.full(x.shape, 1, x.dtype), x, mode)


def directed_sqrt(x, mode: tl.constexpr):
    root = tl.sqrt(x)
    if x.dtype.is_fp32():
        return directed(root, wide(x) - wide(root) * wide(root), mode)
    tiny = is_tiny(x)
    left = tl.where(tiny, root * 2.037035976334486e90, root)
    return directed(root, tl.fma(-left, left, raised(x, tiny)), mode)


def directed_double2float(x, mode: tl.constexpr):
    nearest = x.to(tl.float32)
    return directed(nearest, x - wide(nearest), mode)


def directed_integer(x, dtype: tl.constexpr, mode: tl.constexpr):
    nearest = x.to(dtype)
    if x.dtype.primitive_bitwidth == 32:
        return directed(nearest, wide(x) - wide(nearest), mode)
    high = wide(x >> 32) * 4294967296.0
    return directed(nearest, (high - wide(nearest)) + wide(x & 0xFFFFFFFF), mode)
