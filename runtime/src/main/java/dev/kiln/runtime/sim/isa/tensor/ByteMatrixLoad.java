package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.MemoryOperand;
import java.util.Arrays;

/**
 * {@code ldmatrix} of bytes, 16 to a row in memory. Of 8 x 16 ({@code m8n16}), lane 4g + t gets
 * columns 4t to 4t + 3 of row g. Of 16 x 16 transposed, it gets rows 4t to 4t + 3 of columns g and,
 * in the next register, g + 8.
 */
final class ByteMatrixLoad extends MatrixMemoryStep {
  /**
   * How elements lie in a row of memory, from its lowest bit on; the rest of 16 bytes is padding.
   */
  enum Source {
    BYTES(8, 0),
    /** Each gets two zero bits above. */
    SIX_BITS(6, 0),
    /** Each gets two zero bits below and two above. */
    FOUR_BITS(4, 2);

    private final int bits;
    private final int shift;

    Source(int bits, int shift) {
      this.bits = bits;
      this.shift = shift;
    }

    int element(long low, long high, int i) {
      int at = i * bits;
      long value = at >= 64 ? high >>> at - 64 : low >>> at;
      if (at < 64 && at + bits > 64) {
        value |= high << 64 - at;
      }
      return (int) (value & (1 << bits) - 1) << shift;
    }
  }

  private final int[] slots;
  private final boolean square;
  private final Source source;

  ByteMatrixLoad(String mnemonic, MemoryOperand rows, int[] slots, boolean square, Source source) {
    super(mnemonic, rows, 8 * slots.length);
    this.slots = slots;
    this.square = square;
    this.source = source;
  }

  @Override
  void execute(Warp warp) {
    resolve(warp);
    int[] words = warp.words;
    for (int slot : slots) {
      Arrays.fill(words, slot, slot + 32, 0);
    }
    for (int line = 0; line < 8 * slots.length; line++) {
      long low = warp.port.readLong(line, 0);
      long high = warp.port.readLong(line, 8);
      for (int column = 0; column < 16; column++) {
        int element = source.element(low, high, column);
        if (square) {
          int row = line & 15;
          int slot = slots[(line >> 4) * 2 + (column >> 3)];
          words[slot + (column & 7) * 4 + (row >> 2)] |= element << (row & 3) * 8;
        } else {
          words[slots[line >> 3] + (line & 7) * 4 + (column >> 2)] |= element << (column & 3) * 8;
        }
      }
    }
  }
}
