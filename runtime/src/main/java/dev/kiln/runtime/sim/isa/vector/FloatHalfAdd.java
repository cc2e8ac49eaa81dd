package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import jdk.incubator.vector.IntVector;

/** {@code add.f16x2}, and {@code .f16}, whose high half is 0 and stays so. */
final class FloatHalfAdd extends Step {
  private final int target;
  private final int a;
  private final int b;

  FloatHalfAdd(int target, int a, int b) {
    this.target = target;
    this.a = a;
    this.b = b;
  }

  @Override
  public void run(Warp warp) {
    int[] words = warp.words;
    int active = warp.active;
    for (int i = 0; i < Warp.LANES; i += FloatLanes.LENGTH) {
      IntVector x = FloatLanes.bits(words, a + i);
      IntVector y = FloatLanes.bits(words, b + i);
      IntVector low =
          FloatHalves.narrow(
              FloatHalves.widen(FloatHalves.low(x)).add(FloatHalves.widen(FloatHalves.low(y))));
      IntVector high =
          FloatHalves.narrow(
              FloatHalves.widen(FloatHalves.high(x)).add(FloatHalves.widen(FloatHalves.high(y))));
      FloatLanes.storeBits(FloatHalves.pair(low, high), words, target, i, active);
    }
  }
}
