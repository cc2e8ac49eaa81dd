package dev.kiln.runtime.sim.isa.vector;

import static dev.kiln.runtime.sim.isa.vector.WideLanes.LENGTH;
import static dev.kiln.runtime.sim.isa.vector.WideLanes.SPECIES;
import static dev.kiln.runtime.sim.isa.vector.WideLanes.store;

import dev.kiln.runtime.sim.exec.Warp;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;

/** A template: an operator on two registers of 64 bits. */
final class WideBinary extends BinaryStep {
  private static final VectorOperators.Binary OPERATOR =
      OperatorTemplate.constant(MethodHandles.lookup(), VectorOperators.Binary.class);

  WideBinary(int target, int a, int b) {
    super(target, a, b);
  }

  @Override
  public void run(Warp warp) {
    long[] wides = warp.wides;
    for (int i = 0; i < Warp.LANES; i += LENGTH) {
      LongVector value =
          LongVector.fromArray(SPECIES, wides, a + i)
              .lanewise(OPERATOR, LongVector.fromArray(SPECIES, wides, b + i));
      store(value, wides, target, i, warp.active);
    }
  }
}
