package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;

/** A template: {@code add}, {@code sub} and {@code mul} of {@code .rn.f64}. */
final class FloatWideBinary extends BinaryStep {
  private static final VectorOperators.Binary OPERATOR =
      OperatorTemplate.constant(MethodHandles.lookup(), VectorOperators.Binary.class);

  private final Step exact;

  /**
   * @param exact the same instruction lane by lane, which knows what becomes of NaN
   */
  FloatWideBinary(int target, int a, int b, Step exact) {
    super(target, a, b);
    this.exact = exact;
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
