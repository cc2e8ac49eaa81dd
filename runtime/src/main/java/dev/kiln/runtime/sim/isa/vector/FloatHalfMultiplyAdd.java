package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;

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
    float[] halves = warp.halves;
    FloatHalves.unpack(warp.words, a, halves, 0);
    FloatHalves.unpack(warp.words, b, halves, FloatHalves.COUNT);
    FloatHalves.unpack(warp.words, c, halves, 2 * FloatHalves.COUNT);
    FloatHalves.multiplyAdd(halves);
    FloatHalves.pack(halves, warp.words, target, warp.active);
  }
}
