package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.floating.Ex2;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * {@code ex2.approx.f32}, by the same operations as the form for one lane. They are not in a method
 * of their own: the JIT would not inline it, and allocate its result.
 */
final class FloatExponential extends Step {
  private static final int ROUND_BITS = Float.floatToRawIntBits(Ex2.ROUND);

  private final int target;
  private final int a;

  /** The bits of which at least one is set in a number that is not flushed. */
  private final int unflushed;

  FloatExponential(int target, int a, boolean flush) {
    this.target = target;
    this.a = a;
    this.unflushed = flush ? FloatLanes.INFINITY : -1;
  }

  @Override
  public void run(Warp warp) {
    int[] words = warp.words;
    int active = warp.active;
    for (int i = 0; i < Warp.LANES; i += FloatLanes.LENGTH) {
      FloatVector x =
          FloatLanes.flush(FloatLanes.bits(words, a + i), unflushed).reinterpretAsFloats();
      FloatVector clamped = x.min(130f).max(-160f);
      FloatVector rounded = clamped.add(Ex2.ROUND);
      FloatVector whole = rounded.sub(Ex2.ROUND);
      FloatVector rest = clamped.sub(whole);
      FloatVector power =
          rest.lanewise(VectorOperators.FMA, Ex2.C7, Ex2.C6)
              .lanewise(VectorOperators.FMA, rest, FloatVector.broadcast(rest.species(), Ex2.C5))
              .lanewise(VectorOperators.FMA, rest, FloatVector.broadcast(rest.species(), Ex2.C4))
              .lanewise(VectorOperators.FMA, rest, FloatVector.broadcast(rest.species(), Ex2.C3))
              .lanewise(VectorOperators.FMA, rest, FloatVector.broadcast(rest.species(), Ex2.C2))
              .lanewise(VectorOperators.FMA, rest, FloatVector.broadcast(rest.species(), Ex2.C1))
              .lanewise(VectorOperators.FMA, rest, FloatLanes.ONES);
      // The last bits of the rounded number are the integer.
      IntVector exponent = rounded.reinterpretAsInts().sub(ROUND_BITS);
      IntVector first = exponent.lanewise(VectorOperators.ASHR, 1);
      IntVector second = exponent.sub(first);
      FloatVector scaled =
          power
              .mul(first.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats())
              .mul(second.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats());
      IntVector bits =
          scaled.blend(FloatLanes.NANS, x.compare(VectorOperators.NE, x)).reinterpretAsInts();
      FloatLanes.storeBits(FloatLanes.flush(bits, unflushed), words, target, i, active);
    }
  }
}
