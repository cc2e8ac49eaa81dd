package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.RegisterVectors;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.floating.Ex2;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** What vector steps over {@code .f32} have in common; small enough to be inlined. */
final class FloatLanes {
  static final VectorSpecies<Integer> INTS = RegisterVectors.WORDS;
  static final int LENGTH = INTS.length();

  private static final int INFINITY = 0x7f80_0000;
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

  /** The same operations as the form for one lane has. */
  static FloatVector ex2(FloatVector x) {
    FloatVector clamped = x.min(130f).max(-160f);
    FloatVector whole = clamped.add(Ex2.ROUND).sub(Ex2.ROUND);
    FloatVector rest = clamped.sub(whole);
    FloatVector power =
        rest.lanewise(VectorOperators.FMA, Ex2.C7, Ex2.C6)
            .lanewise(VectorOperators.FMA, rest, FloatVector.broadcast(rest.species(), Ex2.C5))
            .lanewise(VectorOperators.FMA, rest, FloatVector.broadcast(rest.species(), Ex2.C4))
            .lanewise(VectorOperators.FMA, rest, FloatVector.broadcast(rest.species(), Ex2.C3))
            .lanewise(VectorOperators.FMA, rest, FloatVector.broadcast(rest.species(), Ex2.C2))
            .lanewise(VectorOperators.FMA, rest, FloatVector.broadcast(rest.species(), Ex2.C1))
            .lanewise(VectorOperators.FMA, rest, ONES);
    IntVector exponent = (IntVector) whole.convertShape(VectorOperators.F2I, INTS, 0);
    IntVector first = exponent.lanewise(VectorOperators.ASHR, 1);
    IntVector second = exponent.sub(first);
    FloatVector result =
        power
            .mul(first.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats())
            .mul(second.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats());
    return result.blend(x, x.compare(VectorOperators.NE, x));
  }
}
