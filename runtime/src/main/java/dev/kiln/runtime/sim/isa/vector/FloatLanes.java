package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.RegisterVectors;
import dev.kiln.runtime.sim.exec.Warp;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** What vector steps over {@code .f32} have in common; small enough to be inlined. */
final class FloatLanes {
  static final VectorSpecies<Integer> INTS = RegisterVectors.WORDS;
  static final int LENGTH = INTS.length();

  static final int INFINITY = 0x7f80_0000;
  private static final int MAGNITUDE = 0x7fff_ffff;
  private static final IntVector NAN_BITS = IntVector.broadcast(INTS, 0x7fff_ffff);
  static final FloatVector NANS = NAN_BITS.reinterpretAsFloats();
  static final FloatVector ONES =
      IntVector.broadcast(INTS, Float.floatToRawIntBits(1)).reinterpretAsFloats();

  private FloatLanes() {}

  static IntVector bits(int[] words, int at) {
    return IntVector.fromArray(INTS, words, at);
  }

  static FloatVector load(int[] words, int at) {
    return IntVector.fromArray(INTS, words, at).reinterpretAsFloats();
  }

  static FloatVector loadFlushed(int[] words, int at) {
    return flush(IntVector.fromArray(INTS, words, at)).reinterpretAsFloats();
  }

  /** Subnormal numbers become zeros of their sign. */
  static IntVector flush(IntVector bits) {
    return bits.blend(bits.and(~MAGNITUDE), bits.and(INFINITY).compare(VectorOperators.EQ, 0));
  }

  /**
   * Numbers without any of some bits become zeros of their sign.
   *
   * @param unflushed {@link #INFINITY} for subnormal numbers, -1 for none
   */
  static IntVector flush(IntVector bits, int unflushed) {
    return bits.blend(bits.and(~MAGNITUDE), bits.and(unflushed).compare(VectorOperators.EQ, 0));
  }

  /** Stores active lanes; NaN becomes the canonical one. */
  static void store(FloatVector result, int[] words, int target, int i, int active) {
    FloatVector canonical = result.blend(NANS, result.compare(VectorOperators.NE, result));
    storeBits(canonical.reinterpretAsInts(), words, target, i, active);
  }

  static void storeFlushed(FloatVector result, int[] words, int target, int i, int active) {
    FloatVector canonical = result.blend(NANS, result.compare(VectorOperators.NE, result));
    storeBits(flush(canonical.reinterpretAsInts()), words, target, i, active);
  }

  static void storeBits(IntVector bits, int[] words, int target, int i, int active) {
    if (active == Warp.FULL) {
      bits.intoArray(words, target + i);
    } else {
      bits.intoArray(words, target + i, VectorMask.fromLong(INTS, active >>> i));
    }
  }

  /** Integers in the order of numbers, and back; -0 is below +0. */
  static IntVector key(IntVector bits) {
    return bits.lanewise(
        VectorOperators.XOR, bits.lanewise(VectorOperators.ASHR, 31).and(MAGNITUDE));
  }

  /** The result of a minimum or maximum, where operands may have been NaN. */
  static IntVector withNan(IntVector result, IntVector x, IntVector y, boolean nanWins) {
    VectorMask<Integer> xNan = x.and(MAGNITUDE).compare(VectorOperators.GT, INFINITY);
    VectorMask<Integer> yNan = y.and(MAGNITUDE).compare(VectorOperators.GT, INFINITY);
    if (nanWins) {
      return result.blend(NAN_BITS, xNan.or(yNan));
    }
    return result.blend(y, xNan).blend(x, yNan).blend(NAN_BITS, xNan.and(yNan));
  }
}
