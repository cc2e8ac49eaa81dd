package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Warp;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** A template: {@code min.f32} and {@code max.f32}. */
final class FloatExtreme extends BinaryStep {
  private static final Operator OPERATOR =
      OperatorTemplate.constant(MethodHandles.lookup(), Operator.class);
  private static final VectorOperators.Binary VECTORS = OPERATOR == null ? null : vectors();

  /**
   * What it is made for.
   *
   * @param nanWins whether a NaN operand makes the result NaN
   */
  record Operator(FloatOperation operation, boolean flush, boolean nanWins) {}

  FloatExtreme(int target, int a, int b) {
    super(target, a, b);
  }

  private static VectorOperators.Binary vectors() {
    return switch (OPERATOR.operation()) {
      case MIN -> VectorOperators.MIN;
      case MAX -> VectorOperators.MAX;
      case ADD, SUB, MUL, DIV -> throw new IllegalStateException("not of this template");
    };
  }

  @Override
  public void run(Warp warp) {
    int[] words = warp.words;
    for (int i = 0; i < Warp.LANES; i += FloatLanes.LENGTH) {
      IntVector x = operand(words, a + i);
      IntVector y = operand(words, b + i);
      IntVector key = FloatLanes.key(x).lanewise(VECTORS, FloatLanes.key(y));
      IntVector result = FloatLanes.withNan(FloatLanes.key(key), x, y, OPERATOR.nanWins());
      FloatLanes.storeBits(result, words, target, i, warp.active);
    }
  }

  private static IntVector operand(int[] words, int at) {
    IntVector bits = FloatLanes.bits(words, at);
    return OPERATOR.flush() ? FloatLanes.flush(bits) : bits;
  }
}
