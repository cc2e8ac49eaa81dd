package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.RegisterVectors;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** What vector steps over {@code .f64} have in common. */
final class FloatWides {
  private static final VectorSpecies<Long> LONGS = RegisterVectors.WIDES;
  static final int LENGTH = LONGS.length();

  private FloatWides() {}

  static DoubleVector load(long[] wides, int at) {
    return LongVector.fromArray(LONGS, wides, at).reinterpretAsDoubles();
  }

  static boolean hasNan(DoubleVector result) {
    return result.compare(VectorOperators.NE, result).anyTrue();
  }

  static void store(DoubleVector result, long[] wides, int target, int i, int active) {
    LongVector bits = result.reinterpretAsLongs();
    if (active == Warp.FULL) {
      bits.intoArray(wides, target + i);
    } else {
      bits.intoArray(wides, target + i, VectorMask.fromLong(LONGS, active >>> i));
    }
  }

  /** Lets another step do the lanes from one on: those below may have been overwritten. */
  static void runFrom(int first, Step step, Warp warp) {
    int active = warp.active;
    warp.active = active & -1 << first;
    step.run(warp);
    warp.active = active;
  }
}
