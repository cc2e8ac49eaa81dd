package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.MemoryOperand;
import dev.kiln.runtime.sim.memory.MemoryPort;

/**
 * {@code ldmatrix} of 8 x 8 elements of 16 bits: lanes 8i to 8i + 7 name the rows of matrix i; lane
 * 4g + t gets columns 2t and 2t + 1 of row g, or, transposed, rows 2t and 2t + 1 of column g.
 */
final class HalfMatrixLoad extends MatrixMemoryStep {
  private final int[] slots;
  private final boolean transposed;

  HalfMatrixLoad(String mnemonic, MemoryOperand rows, int[] slots, boolean transposed) {
    super(mnemonic, rows, 8 * slots.length);
    this.slots = slots;
    this.transposed = transposed;
  }

  @Override
  void execute(Warp warp) {
    resolve(warp);
    MemoryPort port = warp.port;
    int[] words = warp.words;
    for (int i = 0; i < slots.length; i++) {
      if (transposed) {
        loadTransposed(port, 8 * i, words, slots[i]);
      } else {
        load(port, 8 * i, words, slots[i]);
      }
    }
  }

  private static void load(MemoryPort port, int first, int[] words, int slot) {
    for (int row = 0; row < 8; row++) {
      long low = port.readLong(first + row, 0);
      long high = port.readLong(first + row, 8);
      int to = slot + row * 4;
      words[to] = (int) low;
      words[to + 1] = (int) (low >>> 32);
      words[to + 2] = (int) high;
      words[to + 3] = (int) (high >>> 32);
    }
  }

  private static void loadTransposed(MemoryPort port, int first, int[] words, int slot) {
    for (int pair = 0; pair < 4; pair++) {
      int even = first + 2 * pair;
      for (int half = 0; half < 2; half++) {
        long top = port.readLong(even, 8 * half);
        long low = port.readLong(even + 1, 8 * half);
        int to = slot + half * 16 + pair;
        for (int column = 0; column < 4; column++) {
          words[to + column * 4] = (int) (top & 0xffff | low << 16);
          top >>>= 16;
          low >>>= 16;
        }
      }
    }
  }
}
