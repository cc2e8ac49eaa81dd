package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.TensorMode;
import java.util.Arrays;

/**
 * Multiplies matrices of integers or bits. Sums of products of integers are computed in fp32, where
 * they are exact: at most 64 products of two bytes stay below 2^24.
 */
final class IntegerProduct {
  /** What takes the place of a multiplication. */
  enum Operation {
    MULTIPLY,
    /** Number of ones in common. */
    AND,
    /** Number of bits that differ. */
    XOR
  }

  final Tiling tiling;
  private final FloatProduct floats;
  private final Operation operation;
  private final boolean saturates;

  /**
   * @param saturates whether a sum beyond 32 bits becomes the nearest of 32, rather than lose bits
   */
  IntegerProduct(Tiling tiling, Element a, Element b, Operation operation, boolean saturates) {
    this.tiling = tiling;
    this.floats = operation == Operation.MULTIPLY ? new FloatProduct(tiling, a, b) : null;
    this.operation = operation;
    this.saturates = saturates;
  }

  /** Makes room in planes. */
  void reserve(Planes planes) {
    if (floats != null) {
      floats.reserve(planes);
    }
    planes.reserveIntegers(
        tiling.registersOfA() * 32, tiling.registersOfB() * 32, tiling.accumulators() * 32);
  }

  void loadA(int[] words, int[] slots, Planes planes) {
    if (floats != null) {
      floats.loadA(words, slots, planes);
    } else {
      copy(words, slots, tiling.registersOfA(), planes.bitsOfA);
    }
  }

  void loadB(int[] words, int[] slots, Planes planes) {
    if (floats != null) {
      floats.loadB(words, slots, planes);
    } else {
      copy(words, slots, tiling.registersOfB(), planes.bitsOfB);
    }
  }

  void loadTotals(int[] words, int[] slots, Planes planes) {
    copy(words, slots, tiling.accumulators(), planes.totals);
  }

  private static void copy(int[] words, int[] slots, int count, int[] to) {
    for (int i = 0; i < count; i++) {
      System.arraycopy(words, slots[i], to, i * 32, 32);
    }
  }

  void storeTotals(Planes planes, int[] words, int[] slots) {
    for (int i = 0; i < tiling.accumulators(); i++) {
      System.arraycopy(planes.totals, i * 32, words, slots[i], 32);
    }
  }

  /** Adds A times B to the totals. */
  void multiply(Planes planes) {
    if (floats == null) {
      countBits(planes);
      return;
    }
    int count = tiling.accumulators() * 32;
    Arrays.fill(planes.sums, 0, count, 0);
    floats.multiply(planes, TensorMode.ROUNDED);
    for (int i = 0; i < count; i++) {
      add(planes.totals, i, (int) planes.sums[i]);
    }
  }

  private void add(int[] totals, int at, int sum) {
    totals[at] =
        saturates
            ? Math.clamp((long) totals[at] + sum, Integer.MIN_VALUE, Integer.MAX_VALUE)
            : totals[at] + sum;
  }

  private void countBits(Planes planes) {
    for (int rows = 0; rows < tiling.rowBlocks(); rows++) {
      for (int columns = 0; columns < tiling.columnBlocks(); columns++) {
        for (int half = 0; half < tiling.halves(); half++) {
          for (int parity = 0; parity < 2; parity++) {
            int plane = tiling.planeOfA(rows, half, 0, 0);
            int to = tiling.accumulator(rows, columns, half, parity) * 32;
            for (int lane = 0; lane < 32; lane++) {
              int column = (lane & 3) * 2 + parity;
              int from = columns * tiling.steps() * 32 + column * 4;
              add(planes.totals, to + lane, matches(planes, plane + (lane & ~3), from));
            }
          }
        }
      }
    }
  }

  /** Counts over words along k: four in a register, and registers of A in halves. */
  private int matches(Planes planes, int plane, int from) {
    int perStep = tiling.halves() * 32;
    int sum = 0;
    for (int word = 0; word < tiling.depth(); word++) {
      int one = planes.bitsOfA[plane + word / 4 * perStep + word % 4];
      int other = planes.bitsOfB[from + word / 4 * 32 + word % 4];
      sum += Integer.bitCount(operation == Operation.AND ? one & other : one ^ other);
    }
    return sum;
  }
}
