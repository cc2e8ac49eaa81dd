package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.Warp;

/** {@code movmatrix}: transposes 8 x 8 elements of 16 bits across lanes. */
final class MatrixTranspose extends TensorStep {
  private final int to;
  private final int from;

  MatrixTranspose(String mnemonic, int to, int from) {
    super(mnemonic);
    this.to = to;
    this.from = from;
  }

  @Override
  void execute(Warp warp) {
    int[] words = warp.words;
    int[] result = warp.block.attached(Planes.KEY).packed;
    for (int lane = 0; lane < 32; lane++) {
      int column = lane >> 2;
      int row = (lane & 3) * 2;
      result[lane] = element(words, row, column) | element(words, row + 1, column) << 16;
    }
    System.arraycopy(result, 0, words, to, 32);
  }

  private int element(int[] words, int row, int column) {
    return words[from + row * 4 + (column >> 1)] >>> (column & 1) * 16 & 0xffff;
  }
}
