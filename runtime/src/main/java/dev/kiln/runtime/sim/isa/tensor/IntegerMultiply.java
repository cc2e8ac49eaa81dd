package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.Warp;

/** {@code mma} and {@code wmma.mma} with integers of 8, 4 or 1 bits. */
final class IntegerMultiply extends TensorStep {
  private final IntegerProduct product;
  private final Registers registers;

  IntegerMultiply(String mnemonic, IntegerProduct product, Registers registers) {
    super(mnemonic);
    this.product = product;
    this.registers = registers;
  }

  @Override
  void execute(Warp warp) {
    Planes planes = warp.block.attached(Planes.KEY);
    int[] words = warp.words;
    product.reserve(planes);
    product.loadA(words, registers.a(), planes);
    product.loadB(words, registers.b(), planes);
    product.loadTotals(words, registers.c(), planes);
    product.multiply(planes);
    product.storeTotals(planes, words, registers.d());
  }
}
