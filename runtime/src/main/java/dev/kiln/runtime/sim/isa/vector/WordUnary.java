package dev.kiln.runtime.sim.isa.vector;

import static dev.kiln.runtime.sim.isa.vector.WordLanes.LENGTH;
import static dev.kiln.runtime.sim.isa.vector.WordLanes.SPECIES;
import static dev.kiln.runtime.sim.isa.vector.WordLanes.store;

import dev.kiln.runtime.sim.exec.Warp;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** A template: an operator on a register of 32 bits. */
final class WordUnary extends UnaryStep {
  private static final VectorOperators.Unary OPERATOR =
      OperatorTemplate.constant(MethodHandles.lookup(), VectorOperators.Unary.class);

  WordUnary(int target, int a) {
    super(target, a);
  }

  @Override
  public void run(Warp warp) {
    int[] words = warp.words;
    for (int i = 0; i < Warp.LANES; i += LENGTH) {
      IntVector value = IntVector.fromArray(SPECIES, words, a + i).lanewise(OPERATOR);
      store(value, words, target, i, warp.active);
    }
  }
}
