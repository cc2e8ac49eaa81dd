package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import jdk.incubator.vector.DoubleVector;

/** {@code fma.rn.f64}. */
final class FloatWideMultiplyAdd extends Step {
  private final int target;
  private final int a;
  private final int b;
  private final int c;
  private final Step exact;

  /**
   * @param exact the same instruction lane by lane, which knows what becomes of NaN
   */
  FloatWideMultiplyAdd(int target, int a, int b, int c, Step exact) {
    this.target = target;
    this.a = a;
    this.b = b;
    this.c = c;
    this.exact = exact;
  }

  @Override
  public void run(Warp warp) {
    long[] wides = warp.wides;
    int active = warp.active;
    for (int i = 0; i < Warp.LANES; i += FloatWides.LENGTH) {
      DoubleVector x = FloatWides.load(wides, a + i);
      DoubleVector y = FloatWides.load(wides, b + i);
      DoubleVector z = FloatWides.load(wides, c + i);
      DoubleVector result = x.fma(y, z);
      if (FloatWides.hasNan(result)) {
        FloatWides.runFrom(i, exact, warp);
        return;
      }
      FloatWides.store(result, wides, target, i, active);
    }
  }
}
