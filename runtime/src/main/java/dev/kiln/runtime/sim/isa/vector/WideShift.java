package dev.kiln.runtime.sim.isa.vector;

import static dev.kiln.runtime.sim.isa.vector.WideLanes.LENGTH;
import static dev.kiln.runtime.sim.isa.vector.WideLanes.SPECIES;
import static dev.kiln.runtime.sim.isa.vector.WideLanes.store;
import static dev.kiln.runtime.sim.isa.vector.WideLanes.unsigned;

import dev.kiln.runtime.sim.exec.Warp;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;

/** A template: {@code shl.b64} and {@code shr.u64}; amounts beyond 63 give 0. */
final class WideShift extends BinaryStep {
  private static final VectorOperators.Binary OPERATOR =
      OperatorTemplate.constant(MethodHandles.lookup(), VectorOperators.Binary.class);

  WideShift(int target, int a, int b) {
    super(target, a, b);
  }

  @Override
  public void run(Warp warp) {
    long[] wides = warp.wides;
    int[] words = warp.words;
    for (int i = 0; i < Warp.LANES; i += LENGTH) {
      LongVector amount = unsigned(words, b + i);
      LongVector value =
          LongVector.fromArray(SPECIES, wides, a + i)
              .lanewise(OPERATOR, amount)
              .blend(0, amount.compare(VectorOperators.GT, 63));
      store(value, wides, target, i, warp.active);
    }
  }
}
