package dev.kiln.runtime.sim.isa.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Arithmetic on {@code .f16} in lanes of 32 bits, each holding one code in its low half. Results
 * are rounded once, as the single-precision result before is exact or rounded to odd, or has more
 * than twice the bits (Figueroa, "When is double rounding innocuous?", 1995).
 */
final class FloatHalves {
  private static final int SIGN = 0x8000;
  private static final int MAGNITUDE = 0x7fff;
  private static final int INFINITY = 0x7c00;
  private static final int SINGLE_MAGNITUDE = 0x7fff_ffff;
  private static final int SINGLE_INFINITY = 0x7f80_0000;

  /** Difference of the exponents' biases, as single-precision bits. */
  private static final int REBIAS = 112 << 23;

  /** The smallest normal number, 2^-14, as single-precision bits. */
  private static final int SMALLEST_NORMAL = 0x3880_0000;

  private FloatHalves() {}

  /** The halves of registers that begin at a bit; what lies above does not matter. */
  static IntVector half(int[] words, int at, int shift) {
    return FloatLanes.bits(words, at).lanewise(VectorOperators.LSHR, shift);
  }

  static IntVector low(IntVector pair) {
    return pair.and(0xffff);
  }

  static IntVector high(IntVector pair) {
    return pair.lanewise(VectorOperators.LSHR, 16);
  }

  static IntVector pair(IntVector low, IntVector high) {
    return low.or(high.lanewise(VectorOperators.LSHL, 16));
  }

  /** Exactly. */
  static FloatVector widen(IntVector code) {
    IntVector magnitude = code.and(MAGNITUDE);
    IntVector shifted = magnitude.lanewise(VectorOperators.LSHL, 13);
    IntVector number = shifted.reinterpretAsFloats().mul(0x1p112f).reinterpretAsInts();
    IntVector special = shifted.or(SINGLE_INFINITY);
    return number
        .blend(special, magnitude.compare(VectorOperators.GE, INFINITY))
        .or(code.and(SIGN).lanewise(VectorOperators.LSHL, 16))
        .reinterpretAsFloats();
  }

  /** To nearest, ties to even; NaN is canonical. */
  static IntVector narrow(FloatVector value) {
    IntVector bits = value.reinterpretAsInts();
    IntVector magnitude = bits.and(SINGLE_MAGNITUDE);
    IntVector odd = magnitude.lanewise(VectorOperators.LSHR, 13).and(1);
    IntVector normal =
        magnitude.add(odd).add(0xfff - REBIAS).lanewise(VectorOperators.LSHR, 13).min(INFINITY);
    // The last bit of numbers from a half to one is the smallest subnormal number.
    IntVector subnormal =
        magnitude.reinterpretAsFloats().add(0.5f).reinterpretAsInts().sub(0x3f00_0000);
    IntVector sign = bits.lanewise(VectorOperators.LSHR, 16).and(SIGN);
    return normal
        .blend(subnormal, magnitude.compare(VectorOperators.LT, SMALLEST_NORMAL))
        .or(sign)
        .blend(MAGNITUDE, magnitude.compare(VectorOperators.GT, SINGLE_INFINITY));
  }

  /** {@code x * y + z}: the product is exact, the sum is rounded to odd first. */
  static IntVector fma(FloatVector x, FloatVector y, FloatVector z) {
    FloatVector product = x.mul(y);
    FloatVector sum = product.add(z);
    FloatVector part = sum.sub(product);
    FloatVector error = product.sub(sum.sub(part)).add(z.sub(part));
    IntVector bits = sum.reinterpretAsInts();
    IntVector step =
        error
            .reinterpretAsInts()
            .lanewise(VectorOperators.XOR, bits)
            .lanewise(VectorOperators.ASHR, 31)
            .or(1);
    // Neither holds for NaN, which comes of infinities.
    VectorMask<Float> inexact =
        error.compare(VectorOperators.LT, 0f).or(error.compare(VectorOperators.GT, 0f));
    VectorMask<Integer> even = bits.and(1).compare(VectorOperators.EQ, 0);
    IntVector odd = bits.blend(bits.add(step), even.and(inexact.cast(FloatLanes.INTS)));
    return narrow(odd.reinterpretAsFloats());
  }
}
