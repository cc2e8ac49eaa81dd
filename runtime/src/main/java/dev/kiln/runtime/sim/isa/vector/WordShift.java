package dev.kiln.runtime.sim.isa.vector;

import static dev.kiln.runtime.sim.isa.vector.WordLanes.LENGTH;
import static dev.kiln.runtime.sim.isa.vector.WordLanes.SPECIES;
import static dev.kiln.runtime.sim.isa.vector.WordLanes.store;

import dev.kiln.runtime.sim.exec.Warp;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** A template: {@code shl.b32} and {@code shr.u32}; amounts beyond 31 give 0. */
final class WordShift extends BinaryStep {
  private static final VectorOperators.Binary OPERATOR =
      OperatorTemplate.constant(MethodHandles.lookup(), VectorOperators.Binary.class);

  WordShift(int target, int a, int b) {
    super(target, a, b);
  }

  @Override
  public void run(Warp warp) {
    int[] words = warp.words;
    for (int i = 0; i < Warp.LANES; i += LENGTH) {
      IntVector amount = IntVector.fromArray(SPECIES, words, b + i);
      IntVector value =
          IntVector.fromArray(SPECIES, words, a + i)
              .lanewise(OPERATOR, amount)
              .blend(0, amount.compare(VectorOperators.UGE, 32));
      store(value, words, target, i, warp.active);
    }
  }
}
