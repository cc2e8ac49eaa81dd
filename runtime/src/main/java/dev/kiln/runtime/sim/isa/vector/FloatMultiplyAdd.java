package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import jdk.incubator.vector.FloatVector;

/** {@code fma.rn.f32}. */
final class FloatMultiplyAdd extends Step implements RegisterStep {
  private final int target;
  private final int a;
  private final int b;
  private final int c;
  private final boolean flush;

  FloatMultiplyAdd(int target, int a, int b, int c, boolean flush) {
    this.target = target;
    this.a = a;
    this.b = b;
    this.c = c;
    this.flush = flush;
  }

  @Override
  public boolean joins() {
    return !flush;
  }

  @Override
  public RegisterOperation operation() {
    return new RegisterOperation(RegisterOperation.Kind.FLOAT_FMA, target, a, b, c);
  }

  @Override
  public void run(Warp warp) {
    int[] words = warp.words;
    int active = warp.active;
    if (flush) {
      for (int i = 0; i < Warp.LANES; i += FloatLanes.LENGTH) {
        FloatVector x = FloatLanes.loadFlushed(words, a + i);
        FloatVector y = FloatLanes.loadFlushed(words, b + i);
        FloatVector z = FloatLanes.loadFlushed(words, c + i);
        FloatLanes.storeFlushed(x.fma(y, z), words, target, i, active);
      }
      return;
    }
    for (int i = 0; i < Warp.LANES; i += FloatLanes.LENGTH) {
      FloatVector x = FloatLanes.load(words, a + i);
      FloatVector y = FloatLanes.load(words, b + i);
      FloatVector z = FloatLanes.load(words, c + i);
      FloatLanes.store(x.fma(y, z), words, target, i, active);
    }
  }
}
