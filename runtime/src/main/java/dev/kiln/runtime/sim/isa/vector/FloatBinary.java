package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Warp;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** A template: {@code add}, {@code sub}, {@code mul} and {@code div} of {@code .rn.f32}. */
final class FloatBinary extends BinaryStep implements RegisterStep {
  private static final Operator OPERATOR =
      OperatorTemplate.constant(MethodHandles.lookup(), Operator.class);
  private static final VectorOperators.Binary VECTORS = OPERATOR == null ? null : vectors();

  /**
   * What it is made for.
   *
   * @param kind as part of compiled code; {@code null} if it cannot be
   */
  record Operator(FloatOperation operation, RegisterOperation.Kind kind, boolean flush) {}

  FloatBinary(int target, int a, int b) {
    super(target, a, b);
  }

  private static VectorOperators.Binary vectors() {
    return switch (OPERATOR.operation()) {
      case ADD -> VectorOperators.ADD;
      case SUB -> VectorOperators.SUB;
      case MUL -> VectorOperators.MUL;
      case DIV -> VectorOperators.DIV;
      case MIN, MAX -> throw new IllegalStateException("not of this template");
    };
  }

  @Override
  public boolean joins() {
    return OPERATOR.kind() != null && !OPERATOR.flush();
  }

  @Override
  public RegisterOperation operation() {
    return new RegisterOperation(OPERATOR.kind(), target, a, b, b);
  }

  @Override
  public void run(Warp warp) {
    int[] words = warp.words;
    int active = warp.active;
    for (int i = 0; i < Warp.LANES; i += FloatLanes.LENGTH) {
      if (OPERATOR.flush()) {
        FloatVector x = FloatLanes.loadFlushed(words, a + i);
        FloatVector y = FloatLanes.loadFlushed(words, b + i);
        FloatLanes.storeFlushed(x.lanewise(VECTORS, y), words, target, i, active);
      } else {
        FloatVector x = FloatLanes.load(words, a + i);
        FloatVector y = FloatLanes.load(words, b + i);
        FloatLanes.store(x.lanewise(VECTORS, y), words, target, i, active);
      }
    }
  }
}
