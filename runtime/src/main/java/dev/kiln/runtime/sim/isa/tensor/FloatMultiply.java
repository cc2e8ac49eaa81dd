package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.Warp;

/** {@code mma} and {@code wmma.mma} with elements of f16, bf16, tf32 or fewer bits. */
final class FloatMultiply extends TensorStep {
  private final FloatProduct product;
  private final Registers registers;
  private final boolean halfC;
  private final boolean halfD;
  private final boolean saturates;

  /**
   * @param halfC whether C is f16, not f32
   * @param saturates whether infinities become the largest number and NaN becomes 0
   */
  FloatMultiply(
      String mnemonic,
      FloatProduct product,
      Registers registers,
      boolean halfC,
      boolean halfD,
      boolean saturates) {
    super(mnemonic);
    this.product = product;
    this.registers = registers;
    this.halfC = halfC;
    this.halfD = halfD;
    this.saturates = saturates;
  }

  @Override
  void execute(Warp warp) {
    Planes planes = warp.block.attached(Planes.KEY);
    int[] words = warp.words;
    product.reserve(planes);
    product.loadA(words, registers.a(), planes);
    product.loadB(words, registers.b(), planes);
    product.loadSums(words, registers.c(), halfC, planes);
    product.multiply(planes, warp.block.grid.tensorMode);
    if (saturates) {
      saturate(planes.sums);
    }
    product.storeSums(planes, words, registers.d(), halfD);
  }

  private void saturate(float[] sums) {
    float largest = halfD ? 65504 : Float.MAX_VALUE;
    for (int i = 0; i < product.tiling.accumulators() * 32; i++) {
      sums[i] = sums[i] != sums[i] ? 0 : Math.clamp(sums[i], -largest, largest);
    }
  }
}
