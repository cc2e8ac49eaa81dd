package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.MemoryOperand;

/**
 * {@code stmatrix} of 16 x 8 bytes in columns: a row of memory is a column of the matrix. Lane 4g +
 * t holds columns 2t and 2t + 1 of row g, then of row g + 8, as accumulators are held.
 */
final class ByteMatrixStore extends MatrixMemoryStep {
  private final int[] slots;

  ByteMatrixStore(String mnemonic, MemoryOperand rows, int[] slots) {
    super(mnemonic, rows, 8 * slots.length);
    this.slots = slots;
  }

  @Override
  void execute(Warp warp) {
    resolve(warp);
    warp.changes++;
    for (int i = 0; i < slots.length; i++) {
      for (int column = 0; column < 8; column++) {
        for (int half = 0; half < 2; half++) {
          long bytes = 0;
          for (int group = 0; group < 8; group++) {
            int word = warp.words[slots[i] + group * 4 + (column >> 1)];
            bytes |= (word >>> (half * 2 + (column & 1)) * 8 & 0xffL) << group * 8;
          }
          warp.port.writeLong(8 * i + column, half * 8, bytes);
        }
      }
    }
  }
}
