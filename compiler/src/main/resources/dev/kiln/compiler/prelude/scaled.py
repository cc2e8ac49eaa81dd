"""Products of microscaling formats: operands of 4 and 8 bits, of which 16 or 32 neighbours along K
share a scale (Open Compute Project, Microscaling Formats 1.0)."""

import triton
import triton.language as tl


def dot_scaled(
    lhs,
    lhs_scale,
    lhs_format: tl.constexpr,
    rhs,
    rhs_scale,
    rhs_format: tl.constexpr,
    acc,
    lhs_k_pack: tl.constexpr,
    rhs_k_pack: tl.constexpr,
    out_dtype: tl.constexpr,
):
    """The product, by operands of 16 bits: numbers of up to 8 bits and their scales are exact in
    bfloat16, but for what is below its range."""
    rank: tl.constexpr = len(lhs.shape)
    dtype: tl.constexpr = tl.float16 if lhs_format == "fp16" or rhs_format == "fp16" else tl.bfloat16
    a = number_of(lhs, lhs_format, rank - 1 if lhs_k_pack else rank - 2)
    b = number_of(rhs, rhs_format, rank - 2 if rhs_k_pack else rank - 1)
    if lhs_scale is not None:
        a = a.to(tl.float32) * for_neighbours(scale_of(lhs_scale), rank, a.shape)
    if rhs_scale is not None:
        # Scales of the right side come as (N, groups).
        small = tl.permute(scale_of(rhs_scale), list_of_axes(rank))
        b = b.to(tl.float32) * for_neighbours(small, rank - 1, b.shape)
    return tl.dot(a.to(dtype), b.to(dtype), acc=acc, out_dtype=out_dtype)


def for_neighbours(scale, axis: tl.constexpr, shape):
    """Each scale for all elements before `axis` that share it."""
    extents: tl.constexpr = scale.shape
    group: tl.constexpr = shape[axis - 1] // extents[axis - 1]
    several = tl.expand_dims(scale, axis)
    several = tl.broadcast_to(several, extents[:axis] + [group] + extents[axis:])
    return tl.reshape(several, shape)


def scale_of(scale):
    if scale.dtype.is_fp8e4nv():
        return number_of(scale, "e4m3", None)
    # e8m0 is the exponent of a float32, but for its two ends: 2 ** -127 and NaN.
    exponent = scale.to(tl.uint8, bitcast=True).to(tl.int32)
    bits = tl.where(exponent == 0, 0x00400000, exponent << 23)
    return tl.where(exponent == 255, 0x7FC00000, bits).to(tl.float32, bitcast=True)


def number_of(x, format: tl.constexpr, packed_axis: tl.constexpr):
    """The numbers that operands stand for, in a type that holds them."""
    if format == "e2m1":
        return four_bits(unpacked(x, packed_axis))
    elif format == "e5m2":
        return x.to(tl.float8e5, bitcast=True).to(tl.float32)
    elif format == "bf16":
        return x.to(tl.bfloat16, bitcast=True)
    elif format == "fp16":
        return x.to(tl.float16, bitcast=True)
    elif tl.target_info.is_cuda() and not tl.target_info.cuda_capability_geq(8, 9):
        return eight_bits(x.to(tl.uint8, bitcast=True).to(tl.int32))
    else:
        return x.to(tl.float8e4nv, bitcast=True).to(tl.float32)


def unpacked(x, axis: tl.constexpr):
    """Two numbers of four bits from each byte, the low one first, along an axis."""
    extents: tl.constexpr = x.shape
    pairs = tl.join(x & 15, x >> 4)
    if axis < len(extents) - 1:
        pairs = tl.permute(pairs, list_of_axes(len(extents) + 1))
    return tl.reshape(pairs, extents[:axis] + [2 * extents[axis]] + extents[axis + 1 :])


def four_bits(x):
    """e2m1: sign, two bits of exponent, one of fraction. In a float32 they make a number that is
    smaller by 2 ** 126."""
    x = x.to(tl.int32)
    bits = ((x & 7) << 22) | ((x & 8) << 28)
    return bits.to(tl.float32, bitcast=True) * 8.507059173023462e37


def eight_bits(x):
    """e4m3, in the same way; all ones is NaN."""
    bits = ((x & 0x7F) << 20) | ((x & 0x80) << 24)
    number = bits.to(tl.float32, bitcast=True) * 1.329227995784916e36
    return tl.where((x & 0x7F) == 0x7F, float("nan"), number)
