package dev.kiln.runtime.sim.isa.vector;

import static dev.kiln.runtime.sim.isa.vector.WideLanes.LENGTH;
import static dev.kiln.runtime.sim.isa.vector.WideLanes.SPECIES;

import dev.kiln.runtime.sim.exec.Warp;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;

/** A template: a comparison of two registers of 64 bits. */
final class WideCompare extends VectorCompare {
  private static final VectorOperators.Comparison OPERATOR =
      OperatorTemplate.constant(MethodHandles.lookup(), VectorOperators.Comparison.class);

  private final int a;
  private final int b;

  WideCompare(int target, int a, int b) {
    super(target);
    this.a = a;
    this.b = b;
  }

  @Override
  public int lanes(Warp warp) {
    long[] wides = warp.wides;
    long lanes = 0;
    for (int i = 0; i < Warp.LANES; i += LENGTH) {
      LongVector second = LongVector.fromArray(SPECIES, wides, b + i);
      lanes |= LongVector.fromArray(SPECIES, wides, a + i).compare(OPERATOR, second).toLong() << i;
    }
    return (int) lanes;
  }
}
