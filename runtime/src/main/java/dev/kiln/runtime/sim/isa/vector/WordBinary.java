package dev.kiln.runtime.sim.isa.vector;

import static dev.kiln.runtime.sim.isa.vector.WordLanes.LENGTH;
import static dev.kiln.runtime.sim.isa.vector.WordLanes.SPECIES;
import static dev.kiln.runtime.sim.isa.vector.WordLanes.store;

import dev.kiln.runtime.sim.exec.Warp;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** A template: an operator on two registers of 32 bits. */
final class WordBinary extends BinaryStep implements RegisterStep {
  private static final Operator OPERATOR =
      OperatorTemplate.constant(MethodHandles.lookup(), Operator.class);
  private static final VectorOperators.Binary VECTORS =
      OPERATOR == null ? null : OPERATOR.vectors();

  /**
   * What it is made for.
   *
   * @param kind as part of compiled code; {@code null} if it cannot be
   */
  record Operator(VectorOperators.Binary vectors, RegisterOperation.Kind kind) {}

  WordBinary(int target, int a, int b) {
    super(target, a, b);
  }

  @Override
  public boolean joins() {
    return OPERATOR.kind() != null;
  }

  @Override
  public RegisterOperation operation() {
    return new RegisterOperation(OPERATOR.kind(), target, a, b, b);
  }

  @Override
  public void run(Warp warp) {
    int[] words = warp.words;
    for (int i = 0; i < Warp.LANES; i += LENGTH) {
      IntVector value =
          IntVector.fromArray(SPECIES, words, a + i)
              .lanewise(VECTORS, IntVector.fromArray(SPECIES, words, b + i));
      store(value, words, target, i, warp.active);
    }
  }
}
