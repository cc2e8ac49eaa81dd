package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.MemoryOperand;
import dev.kiln.runtime.sim.memory.MemoryPort;

/** {@code stmatrix} of 8 x 8 elements of 16 bits: the reverse of {@link HalfMatrixLoad}. */
final class HalfMatrixStore extends MatrixMemoryStep {
  private final int[] slots;
  private final boolean transposed;

  HalfMatrixStore(String mnemonic, MemoryOperand rows, int[] slots, boolean transposed) {
    super(mnemonic, rows, 8 * slots.length);
    this.slots = slots;
    this.transposed = transposed;
  }

  @Override
  void execute(Warp warp) {
    resolve(warp);
    warp.changes++;
    MemoryPort port = warp.port;
    for (int i = 0; i < slots.length; i++) {
      for (int row = 0; row < 8; row++) {
        for (int half = 0; half < 2; half++) {
          long bytes =
              transposed
                  ? column(warp.words, slots[i], row, half * 4)
                  : row(warp.words, slots[i] + row * 4 + half * 2);
          port.writeLong(8 * i + row, 8 * half, bytes);
        }
      }
    }
  }

  private static long row(int[] words, int from) {
    return words[from] & 0xffff_ffffL | (long) words[from + 1] << 32;
  }

  /** Four elements of a row whose elements lie in as many groups of lanes. */
  private static long column(int[] words, int slot, int row, int firstGroup) {
    long bytes = 0;
    for (int i = 0; i < 4; i++) {
      int word = words[slot + (firstGroup + i) * 4 + (row >> 1)];
      bytes |= (word >>> (row & 1) * 16 & 0xffffL) << i * 16;
    }
    return bytes;
  }
}
