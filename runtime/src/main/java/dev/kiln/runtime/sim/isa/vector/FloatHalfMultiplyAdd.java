package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import jdk.incubator.vector.FloatVector;
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
    int[] low = new int[Warp.LANES];
    half(words, 0, low);
    int[] high = new int[Warp.LANES];
    half(words, 16, high);
    for (int i = 0; i < Warp.LANES; i += FloatLanes.LENGTH) {
      IntVector pair = FloatHalves.pair(FloatLanes.bits(low, i), FloatLanes.bits(high, i));
      FloatLanes.storeBits(pair, words, target, i, active);
    }
  }

  /** One half of all lanes: a method of both would be too large for the JIT. */
  private void half(int[] words, int shift, int[] result) {
    for (int i = 0; i < Warp.LANES; i += FloatLanes.LENGTH) {
      FloatVector x = FloatHalves.widen(FloatHalves.half(words, a + i, shift));
      FloatVector y = FloatHalves.widen(FloatHalves.half(words, b + i, shift));
      FloatVector z = FloatHalves.widen(FloatHalves.half(words, c + i, shift));
      FloatHalves.fma(x, y, z).intoArray(result, i);
    }
  }
}
