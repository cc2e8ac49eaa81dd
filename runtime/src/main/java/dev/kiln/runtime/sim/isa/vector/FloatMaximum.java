package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import jdk.incubator.vector.IntVector;

/** {@code max.f32}. */
final class FloatMaximum extends Step {
  private final int target;
  private final int a;
  private final int b;
  private final boolean flush;
  private final boolean nanWins;

  FloatMaximum(int target, int a, int b, boolean flush, boolean nanWins) {
    this.target = target;
    this.a = a;
    this.b = b;
    this.flush = flush;
    this.nanWins = nanWins;
  }

  @Override
  public void run(Warp warp) {
    int[] words = warp.words;
    int active = warp.active;
    if (flush) {
      for (int i = 0; i < Warp.LANES; i += FloatLanes.LENGTH) {
        IntVector x = FloatLanes.flush(FloatLanes.bits(words, a + i));
        IntVector y = FloatLanes.flush(FloatLanes.bits(words, b + i));
        IntVector key = FloatLanes.key(x).max(FloatLanes.key(y));
        IntVector result = FloatLanes.withNan(FloatLanes.key(key), x, y, nanWins);
        FloatLanes.storeBits(result, words, target, i, active);
      }
      return;
    }
    for (int i = 0; i < Warp.LANES; i += FloatLanes.LENGTH) {
      IntVector x = FloatLanes.bits(words, a + i);
      IntVector y = FloatLanes.bits(words, b + i);
      IntVector key = FloatLanes.key(x).max(FloatLanes.key(y));
      IntVector result = FloatLanes.withNan(FloatLanes.key(key), x, y, nanWins);
      FloatLanes.storeBits(result, words, target, i, active);
    }
  }
}
