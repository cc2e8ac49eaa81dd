package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;

/** A template: {@code add}, {@code sub} and {@code mul} of {@code .rn.f64}. */
final class FloatWideBinary extends BinaryStep {
  private static final FloatOperation OPERATION =
      OperatorTemplate.constant(MethodHandles.lookup(), FloatOperation.class);
  private static final VectorOperators.Binary OPERATOR = OPERATION == null ? null : vectors();

  private final Step exact;

  /**
   * @param exact the same instruction lane by lane, which knows what becomes of NaN
   */
  FloatWideBinary(int target, int a, int b, Step exact) {
    super(target, a, b);
    this.exact = exact;
  }

  private static VectorOperators.Binary vectors() {
    return switch (OPERATION) {
      case ADD -> VectorOperators.ADD;
      case SUB -> VectorOperators.SUB;
      case MUL -> VectorOperators.MUL;
      case DIV, MIN, MAX -> throw new IllegalStateException("not of this template");
    };
  }

  @Override
  public void run(Warp warp) {
    long[] wides = warp.wides;
    int active = warp.active;
    for (int i = 0; i < Warp.LANES; i += FloatWides.LENGTH) {
      DoubleVector x = FloatWides.load(wides, a + i);
      DoubleVector result = x.lanewise(OPERATOR, FloatWides.load(wides, b + i));
      if (FloatWides.hasNan(result)) {
        FloatWides.runFrom(i, exact, warp);
        return;
      }
      FloatWides.store(result, wides, target, i, active);
    }
  }
}
