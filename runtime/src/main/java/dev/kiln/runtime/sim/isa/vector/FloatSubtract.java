package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import jdk.incubator.vector.FloatVector;

/** {@code sub.rn.f32}. */
final class FloatSubtract extends Step implements RegisterStep {
  private final int target;
  private final int a;
  private final int b;
  private final boolean flush;

  FloatSubtract(int target, int a, int b, boolean flush) {
    this.target = target;
    this.a = a;
    this.b = b;
    this.flush = flush;
  }

  @Override
  public boolean joins() {
    return !flush;
  }

  @Override
  public RegisterOperation operation() {
    return new RegisterOperation(RegisterOperation.Kind.FLOAT_SUB, target, a, b, b);
  }

  @Override
  public void run(Warp warp) {
    int[] words = warp.words;
    int active = warp.active;
    if (flush) {
      for (int i = 0; i < Warp.LANES; i += FloatLanes.LENGTH) {
        FloatVector x = FloatLanes.loadFlushed(words, a + i);
        FloatVector y = FloatLanes.loadFlushed(words, b + i);
        FloatLanes.storeFlushed(x.sub(y), words, target, i, active);
      }
      return;
    }
    for (int i = 0; i < Warp.LANES; i += FloatLanes.LENGTH) {
      FloatVector x = FloatLanes.load(words, a + i);
      FloatVector y = FloatLanes.load(words, b + i);
      FloatLanes.store(x.sub(y), words, target, i, active);
    }
  }
}
