package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** {@code rsqrt.approx.f32}: a rounded root, then a rounded quotient. */
final class FloatReciprocalRoot extends Step {
  private final int target;
  private final int a;
  private final boolean flush;

  FloatReciprocalRoot(int target, int a, boolean flush) {
    this.target = target;
    this.a = a;
    this.flush = flush;
  }

  @Override
  public void run(Warp warp) {
    int[] words = warp.words;
    int active = warp.active;
    if (flush) {
      for (int i = 0; i < Warp.LANES; i += FloatLanes.LENGTH) {
        FloatVector x = FloatLanes.loadFlushed(words, a + i);
        FloatLanes.storeFlushed(
            FloatLanes.ONES.div(x.lanewise(VectorOperators.SQRT)), words, target, i, active);
      }
      return;
    }
    for (int i = 0; i < Warp.LANES; i += FloatLanes.LENGTH) {
      FloatVector x = FloatLanes.load(words, a + i);
      FloatLanes.store(
          FloatLanes.ONES.div(x.lanewise(VectorOperators.SQRT)), words, target, i, active);
    }
  }
}
