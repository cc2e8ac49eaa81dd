package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.Comparison;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** {@code setp.lt.f32}. */
final class FloatLess implements Comparison {
  private final int a;
  private final int b;
  private final int flip;
  private final boolean flush;

  /**
   * @param flip -1 for the complement, else 0
   */
  FloatLess(int a, int b, int flip, boolean flush) {
    this.a = a;
    this.b = b;
    this.flip = flip;
    this.flush = flush;
  }

  @Override
  public int lanes(Warp warp) {
    int[] words = warp.words;
    long lanes = 0;
    if (flush) {
      for (int i = 0; i < Warp.LANES; i += FloatLanes.LENGTH) {
        FloatVector x = FloatLanes.loadFlushed(words, a + i);
        FloatVector y = FloatLanes.loadFlushed(words, b + i);
        lanes |= x.compare(VectorOperators.LT, y).toLong() << i;
      }
      return (int) lanes ^ flip;
    }
    for (int i = 0; i < Warp.LANES; i += FloatLanes.LENGTH) {
      FloatVector x = FloatLanes.load(words, a + i);
      FloatVector y = FloatLanes.load(words, b + i);
      lanes |= x.compare(VectorOperators.LT, y).toLong() << i;
    }
    return (int) lanes ^ flip;
  }

  @Override
  public Optional<Step> setp(int target) {
    return Optional.of(
        new Step() {
          @Override
          public void run(Warp warp) {
            int old = warp.predicates[target];
            warp.predicates[target] = old ^ (old ^ lanes(warp)) & warp.active;
          }
        });
  }
}
