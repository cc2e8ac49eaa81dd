"""Random numbers from counters: Philox, as Salmon et al. describe it in "Parallel random numbers:
as easy as 1, 2, 3" (2011)."""

import triton
import triton.language as tl


def philox_impl(c0, c1, c2, c3, k0, k1, n_rounds: tl.constexpr = 10):
    """Runs rounds of Philox 4x32 or 4x64 on a counter of four words and a key of two."""
    if c0.dtype == tl.uint32:
        KEY_STEP_0: tl.constexpr = 0x9E3779B9
        KEY_STEP_1: tl.constexpr = 0xBB67AE85
        FACTOR_0: tl.constexpr = 0xD2511F53
        FACTOR_1: tl.constexpr = 0xCD9E8D57
    else:
        tl.static_assert(c0.dtype == tl.uint64, "philox works on uint32 or uint64")
        KEY_STEP_0: tl.constexpr = 0x9E3779B97F4A7C15
        KEY_STEP_1: tl.constexpr = 0xBB67AE8584CAA73B
        FACTOR_0: tl.constexpr = 0xD2E7470EE14C6C93
        FACTOR_1: tl.constexpr = 0xCA5A826395121157
    for _ in tl.static_range(n_rounds):
        high0 = tl.umulhi(FACTOR_0, c0)
        high1 = tl.umulhi(FACTOR_1, c2)
        low0 = c0 * FACTOR_0
        low1 = c2 * FACTOR_1
        c0 = high1 ^ c1 ^ k0
        c1 = low1
        c2 = high0 ^ c3 ^ k1
        c3 = low0
        k0 = k0 + KEY_STEP_0
        k1 = k1 + KEY_STEP_1
    return c0, c1, c2, c3


def philox(seed, c0, c1, c2, c3, n_rounds: tl.constexpr = 10):
    seed = tl.to_tensor(seed)
    tl.static_assert(seed.dtype.is_int(), "the seed must be an integer")
    seed = seed.to(tl.uint64)
    c0 = tl.to_tensor(c0)
    if c0.dtype.primitive_bitwidth == 32:
        word: tl.constexpr = tl.uint32
        k0 = (seed & 0xFFFFFFFF).to(tl.uint32)
        k1 = (seed >> 32).to(tl.uint32)
    else:
        tl.static_assert(c0.dtype.primitive_bitwidth == 64, "counters have 32 or 64 bits")
        word: tl.constexpr = tl.uint64
        k0 = seed
        k1 = seed * 0
    return philox_impl(
        c0.to(word, bitcast=True),
        tl.to_tensor(c1).to(word, bitcast=True),
        tl.to_tensor(c2).to(word, bitcast=True),
        tl.to_tensor(c3).to(word, bitcast=True),
        k0,
        k1,
        n_rounds,
    )


def randint4x(seed, offset, n_rounds: tl.constexpr = 10):
    """Four independent random words for each offset, of which all 64 bits count."""
    offset = tl.to_tensor(offset)
    low = offset.to(tl.uint32)
    zero = low * 0
    if offset.dtype.primitive_bitwidth > 32:
        high = (offset >> 32).to(tl.uint32)
    else:
        high = zero
    return philox(seed, low, high, zero, zero, n_rounds)


def randint(seed, offset, n_rounds: tl.constexpr = 10):
    word, _, _, _ = randint4x(seed, offset, n_rounds)
    return word


def uint_to_uniform_float(x):
    """A number from [0, 1) for each word; the sign is folded away and the rest scaled down."""
    if x.dtype.primitive_bitwidth == 32:
        word = x.to(tl.int32, bitcast=True)
        # The largest fp32 with which the largest word stays below 1.
        scale: tl.constexpr = 4.6566127342e-10
    else:
        tl.static_assert(x.dtype.primitive_bitwidth == 64, "words have 32 or 64 bits")
        word = x.to(tl.int64, bitcast=True)
        scale: tl.constexpr = 1.0842020432385337e-19
    return tl.where(word < 0, -word - 1, word) * scale


def rand(seed, offset, n_rounds: tl.constexpr = 10):
    return uint_to_uniform_float(randint(seed, offset, n_rounds))


def rand4x(seed, offset, n_rounds: tl.constexpr = 10):
    a, b, c, d = randint4x(seed, offset, n_rounds)
    return (
        uint_to_uniform_float(a),
        uint_to_uniform_float(b),
        uint_to_uniform_float(c),
        uint_to_uniform_float(d),
    )


def pair_uniform_to_normal(u1, u2):
    """Box and Muller's transform."""
    u1 = tl.maximum(1.0e-7, u1)
    angle = 6.283185307179586 * u2
    radius = tl.sqrt(-2.0 * tl.log(u1))
    return radius * tl.cos(angle), radius * tl.sin(angle)


def randn(seed, offset, n_rounds: tl.constexpr = 10):
    a, b, _, _ = randint4x(seed, offset, n_rounds)
    normal, _ = pair_uniform_to_normal(uint_to_uniform_float(a), uint_to_uniform_float(b))
    return normal


def randn4x(seed, offset, n_rounds: tl.constexpr = 10):
    a, b, c, d = rand4x(seed, offset, n_rounds)
    n0, n1 = pair_uniform_to_normal(a, b)
    n2, n3 = pair_uniform_to_normal(c, d)
    return n0, n1, n2, n3
