package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Warp;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Arithmetic on {@code .f16x2}, whose numbers are {@code float}s between unpacking and packing.
 * Results are rounded once, as the single-precision result before is exact or rounded to odd, or
 * has more than twice the bits (Figueroa, "When is double rounding innocuous?", 1995).
 */
final class FloatHalves {
  private static final int SIGN = 0x8000;
  private static final int MAGNITUDE = 0x7fff;
  private static final int INFINITY = 0x7c00;
  private static final int SINGLE_SIGN = 0x8000_0000;
  private static final int SINGLE_MAGNITUDE = 0x7fff_ffff;
  private static final int SINGLE_INFINITY = 0x7f80_0000;

  /** Difference of the exponents' biases, as single-precision bits. */
  private static final int REBIAS = 112 << 23;

  /** The smallest normal number, 2^-14, as single-precision bits. */
  private static final int SMALLEST_NORMAL = 0x3880_0000;

  /** Numbers of a register: low halves, then high ones. */
  static final int COUNT = 2 * Warp.LANES;

  private static final VectorSpecies<Integer> INTS = FloatLanes.INTS;
  private static final VectorSpecies<Float> FLOATS = INTS.withLanes(float.class);

  private FloatHalves() {}

  /**
   * Both halves of a register, exactly. Like all methods here, it calls none of ours: the JIT stops
   * inlining large ones, and then allocates the vectors that they return.
   */
  static void unpack(int[] words, int register, float[] to, int at) {
    for (int i = 0; i < Warp.LANES; i += FloatLanes.LENGTH) {
      IntVector pair = IntVector.fromArray(INTS, words, register + i);
      IntVector low = pair.and(MAGNITUDE).lanewise(VectorOperators.LSHL, 13);
      low.reinterpretAsFloats()
          .mul(0x1p112f)
          .reinterpretAsInts()
          .blend(low.or(SINGLE_INFINITY), low.compare(VectorOperators.GE, INFINITY << 13))
          .or(pair.lanewise(VectorOperators.LSHL, 16).and(SINGLE_SIGN))
          .reinterpretAsFloats()
          .intoArray(to, at + i);
      IntVector high = pair.and(MAGNITUDE << 16).lanewise(VectorOperators.LSHR, 3);
      high.reinterpretAsFloats()
          .mul(0x1p112f)
          .reinterpretAsInts()
          .blend(high.or(SINGLE_INFINITY), high.compare(VectorOperators.GE, INFINITY << 13))
          .or(pair.and(SINGLE_SIGN))
          .reinterpretAsFloats()
          .intoArray(to, at + Warp.LANES + i);
    }
  }

  /** Rounds the first numbers, and puts them into the active lanes of a register. */
  static void pack(float[] halves, int[] words, int register, int active) {
    round(halves);
    for (int i = 0; i < Warp.LANES; i += FloatLanes.LENGTH) {
      IntVector low = FloatVector.fromArray(FLOATS, halves, i).reinterpretAsInts();
      IntVector high = FloatVector.fromArray(FLOATS, halves, Warp.LANES + i).reinterpretAsInts();
      IntVector pair = low.or(high.lanewise(VectorOperators.LSHL, 16));
      FloatLanes.storeBits(pair, words, register, i, active);
    }
  }

  /** To nearest, ties to even; NaN is canonical. Bits of the result take the numbers' places. */
  private static void round(float[] halves) {
    for (int i = 0; i < COUNT; i += FloatLanes.LENGTH) {
      IntVector bits = FloatVector.fromArray(FLOATS, halves, i).reinterpretAsInts();
      IntVector magnitude = bits.and(SINGLE_MAGNITUDE);
      IntVector odd = magnitude.lanewise(VectorOperators.LSHR, 13).and(1);
      IntVector normal =
          magnitude.add(odd).add(0xfff - REBIAS).lanewise(VectorOperators.LSHR, 13).min(INFINITY);
      // The last bit of numbers from a half to one is the smallest subnormal number.
      IntVector subnormal =
          magnitude.reinterpretAsFloats().add(0.5f).reinterpretAsInts().sub(0x3f00_0000);
      IntVector sign = bits.lanewise(VectorOperators.LSHR, 16).and(SIGN);
      normal
          .blend(subnormal, magnitude.compare(VectorOperators.LT, SMALLEST_NORMAL))
          .or(sign)
          .blend(MAGNITUDE, magnitude.compare(VectorOperators.GT, SINGLE_INFINITY))
          .reinterpretAsFloats()
          .intoArray(halves, i);
    }
  }

  static void add(float[] halves) {
    for (int i = 0; i < COUNT; i += FloatLanes.LENGTH) {
      FloatVector.fromArray(FLOATS, halves, i)
          .add(FloatVector.fromArray(FLOATS, halves, COUNT + i))
          .intoArray(halves, i);
    }
  }

  static void subtract(float[] halves) {
    for (int i = 0; i < COUNT; i += FloatLanes.LENGTH) {
      FloatVector.fromArray(FLOATS, halves, i)
          .sub(FloatVector.fromArray(FLOATS, halves, COUNT + i))
          .intoArray(halves, i);
    }
  }

  static void multiply(float[] halves) {
    for (int i = 0; i < COUNT; i += FloatLanes.LENGTH) {
      FloatVector.fromArray(FLOATS, halves, i)
          .mul(FloatVector.fromArray(FLOATS, halves, COUNT + i))
          .intoArray(halves, i);
    }
  }

  /** {@code x * y + z}: the product is exact, the sum is rounded to odd first. */
  static void multiplyAdd(float[] halves) {
    for (int i = 0; i < COUNT; i += FloatLanes.LENGTH) {
      FloatVector x = FloatVector.fromArray(FLOATS, halves, i);
      FloatVector y = FloatVector.fromArray(FLOATS, halves, COUNT + i);
      FloatVector z = FloatVector.fromArray(FLOATS, halves, 2 * COUNT + i);
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
      bits.blend(bits.add(step), even.and(inexact.cast(INTS)))
          .reinterpretAsFloats()
          .intoArray(halves, i);
    }
  }
}
