package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import jdk.incubator.vector.IntVector;

/** {@code fma.rn.f16x2}, and {@code .f16}, whose high half is 0 and stays so. */
final class FloatHalfMultiplyAdd extends Step {
  private final int target;
  private final int a;
  private final int b;
  private final int c;

  FloatHalfMultiplyAdd(int target, int a, int b, int c) {
    this.target = target;
    this.a = a;
    this.b = b;
    this.c = c;
  }

  @Override
  public void run(Warp warp) {
    int[] words = warp.words;
    int active = warp.active;
    for (int i = 0; i < Warp.LANES; i += FloatLanes.LENGTH) {
      IntVector x = FloatLanes.bits(words, a + i);
      IntVector y = FloatLanes.bits(words, b + i);
      IntVector z = FloatLanes.bits(words, c + i);
      IntVector low =
          FloatHalves.fma(
              FloatHalves.widen(FloatHalves.low(x)),
              FloatHalves.widen(FloatHalves.low(y)),
              FloatHalves.widen(FloatHalves.low(z)));
      IntVector high =
          FloatHalves.fma(
              FloatHalves.widen(FloatHalves.high(x)),
              FloatHalves.widen(FloatHalves.high(y)),
              FloatHalves.widen(FloatHalves.high(z)));
      FloatLanes.storeBits(FloatHalves.pair(low, high), words, target, i, active);
    }
  }
}
