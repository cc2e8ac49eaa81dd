package dev.kiln.runtime.sim.isa.tensor;

/** Multiplies matrices of integers or bits. */
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
  private final Element a;
  private final Element b;
  private final Operation operation;
  private final boolean saturates;

  /**
   * @param saturates whether a sum beyond 32 bits becomes the nearest of 32, rather than lose bits
   */
  IntegerProduct(Tiling tiling, Element a, Element b, Operation operation, boolean saturates) {
    this.tiling = tiling;
    this.a = a;
    this.b = b;
    this.operation = operation;
    this.saturates = saturates;
  }

  /** Makes room in planes. */
  void reserve(Planes planes) {
    planes.reserveIntegers(
        tiling.registersOfA() * tiling.packed() * 32,
        tiling.rowOfB(tiling.columnBlocks(), 0, 0),
        tiling.accumulators() * 32);
  }

  void loadA(int[] words, int[] slots, Planes planes) {
    int packed = tiling.packed();
    for (int i = 0; i < tiling.registersOfA(); i++) {
      for (int e = 0; e < packed; e++) {
        int to = (i * packed + e) * 32;
        for (int lane = 0; lane < 32; lane++) {
          planes.integersOfA[to + lane] = a.toInt(words[slots[i] + lane] >>> e * a.bits());
        }
      }
    }
  }

  void loadB(int[] words, int[] slots, Planes planes) {
    int packed = tiling.packed();
    for (int i = 0; i < tiling.registersOfB(); i++) {
      int column = i / tiling.steps();
      int first = i % tiling.steps() * 4 * packed;
      for (int lane = 0; lane < 32; lane++) {
        int group = lane >> 2;
        for (int e = 0; e < packed; e++) {
          int k = first + (lane & 3) * packed + e;
          int row = tiling.rowOfB(column, k, group & 1);
          planes.integersOfB[row + (group >> 1)] = b.toInt(words[slots[i] + lane] >>> e * b.bits());
        }
      }
    }
  }

  void loadTotals(int[] words, int[] slots, Planes planes) {
    for (int i = 0; i < tiling.accumulators(); i++) {
      System.arraycopy(words, slots[i], planes.totals, i * 32, 32);
    }
  }

  void storeTotals(Planes planes, int[] words, int[] slots) {
    for (int i = 0; i < tiling.accumulators(); i++) {
      System.arraycopy(planes.totals, i * 32, words, slots[i], 32);
    }
  }

  /** Adds A times B to the totals. */
  void multiply(Planes planes) {
    for (int rows = 0; rows < tiling.rowBlocks(); rows++) {
      for (int columns = 0; columns < tiling.columnBlocks(); columns++) {
        for (int half = 0; half < tiling.halves(); half++) {
          for (int parity = 0; parity < 2; parity++) {
            int plane = tiling.planeOfA(rows, half, 0, 0);
            int row = tiling.rowOfB(columns, 0, parity);
            int to = tiling.accumulator(rows, columns, half, parity) * 32;
            addPlane(planes, plane, row, to);
          }
        }
      }
    }
  }

  private void addPlane(Planes planes, int plane, int row, int to) {
    int[] totals = planes.totals;
    for (int lane = 0; lane < 32; lane++) {
      int sum =
          operation == Operation.MULTIPLY
              ? dot(planes, plane + (lane & ~3), row + (lane & 3))
              : matches(planes, plane + (lane & ~3), row + (lane & 3));
      long total = (long) totals[to + lane] + sum;
      totals[to + lane] =
          saturates ? Math.clamp(total, Integer.MIN_VALUE, Integer.MAX_VALUE) : (int) total;
    }
  }

  /** Exact: 256 products of two bytes need 24 bits. */
  private int dot(Planes planes, int plane, int row) {
    int[] left = planes.integersOfA;
    int[] right = planes.integersOfB;
    int packed = tiling.packed();
    int perStep = tiling.halves() * packed * 32;
    int sum = 0;
    int at = row;
    for (int step = 0; step < tiling.steps(); step++) {
      for (int thread = 0; thread < 4; thread++) {
        int from = plane + step * perStep + thread;
        for (int e = 0; e < packed; e++) {
          sum += left[from + e * 32] * right[at];
          at += 2 * Planes.REPEATED;
        }
      }
    }
    return sum;
  }

  private int matches(Planes planes, int plane, int row) {
    int[] left = planes.integersOfA;
    int[] right = planes.integersOfB;
    int perStep = tiling.halves() * 32;
    int sum = 0;
    for (int word = 0; word < tiling.depth(); word++) {
      int one = left[plane + word / 4 * perStep + word % 4];
      int other = right[row + word * 2 * Planes.REPEATED];
      sum += Integer.bitCount(operation == Operation.AND ? one & other : one ^ other);
    }
    return sum;
  }
}
