package dev.kiln.compiler.jvm.support;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.kiln.compiler.ir.DType;
import java.lang.foreign.MemorySegment;

/**
 * Matrix products in fp32 with the Vector API; others go to {@link ScalarMatMul}. B is packed into
 * panels, a block of k at a time; A is read where it lies if its rows are contiguous fp32, and
 * copied otherwise. The bits are those of {@link ScalarMatMul}.
 */
public final class VectorMatMul {
  /**
   * Length of a block of k: a panel of B then takes half of a first-level cache of 48 KiB, or all
   * of one of 32.
   */
  private static final int DEPTH = 256;

  private static final int ROWS = MicroKernels.ROWS;
  private static final int COLUMNS = MicroKernels.COLUMNS;

  private VectorMatMul() {}

  /** Size of the area for packed copies. */
  public static long packBytes(int m, int n, int k) {
    long columns = (n + COLUMNS - 1) / COLUMNS * COLUMNS;
    long depth = Math.min(k, DEPTH);
    return 4 * (columns * depth + (long) m * depth + (long) m * COLUMNS) + 256;
  }

  /** Runs the product that a {@link DotDescriptor} at an offset describes. */
  public static void run(MemorySegment memory, long descriptor) {
    if (Operands.dtype(Operands.get(memory, descriptor, DotDescriptor.ACC_DTYPE)) != DType.FP32) {
      ScalarMatMul.run(memory, descriptor);
      return;
    }
    int batch = (int) Operands.get(memory, descriptor, DotDescriptor.BATCH);
    for (int b = 0; b < batch; b++) {
      product(memory, descriptor, b);
    }
  }

  private static void product(MemorySegment memory, long d, int batch) {
    int m = (int) Operands.get(memory, d, DotDescriptor.M);
    int n = (int) Operands.get(memory, d, DotDescriptor.N);
    int k = (int) Operands.get(memory, d, DotDescriptor.K);
    int columns = (n + COLUMNS - 1) / COLUMNS * COLUMNS;
    long panels = Operands.get(memory, d, DotDescriptor.PACK);
    long rows = panels + 4L * columns * Math.min(k, DEPTH);
    long padded = rows + 4L * m * Math.min(k, DEPTH);
    long acc = Operands.get(memory, d, DotDescriptor.ACC) + 4L * batch * m * n;
    Packing a = Packing.of(memory, d, DotDescriptor.A, batch, 1, 2);
    Packing b = Packing.of(memory, d, DotDescriptor.B, batch, 1, 2);
    boolean direct = a.isContiguous(m, k);
    for (int from = 0; from < k; from += DEPTH) {
      int depth = Math.min(DEPTH, k - from);
      b.panels(memory, from, depth, n, COLUMNS, panels);
      long left = direct ? a.place(0) + 4L * from : rows;
      long leftRow = direct ? a.rowStride() : 4L * depth;
      if (!direct) {
        a.rows(memory, m, from, depth, rows);
      }
      for (int j = 0; j < n; j += COLUMNS) {
        long panel = panels + 4L * j * depth;
        if (n - j >= COLUMNS) {
          column(memory, left, leftRow, panel, acc + 4L * j, 4L * n, m, depth);
        } else {
          narrowColumn(memory, left, leftRow, panel, acc + 4L * j, n, n - j, m, depth, padded);
        }
      }
    }
  }

  private static void column(
      MemorySegment memory, long a, long aRow, long panel, long c, long cRow, int m, int depth) {
    int i = 0;
    for (; i + ROWS <= m; i += ROWS) {
      MicroKernels.block(memory, a + i * aRow, aRow, panel, c + i * cRow, cRow, depth);
    }
    for (; i < m; i++) {
      MicroKernels.row(memory, a + i * aRow, panel, c + i * cRow, depth);
    }
  }

  /** A column of blocks that is wider than what is left of the accumulator: works on a copy. */
  private static void narrowColumn(
      MemorySegment memory,
      long a,
      long aRow,
      long panel,
      long c,
      int n,
      int width,
      int m,
      int depth,
      long padded) {
    long paddedRow = 4L * COLUMNS;
    for (int i = 0; i < m; i++) {
      MemorySegment.copy(memory, c + 4L * i * n, memory, padded + i * paddedRow, 4L * width);
      memory.asSlice(padded + i * paddedRow + 4L * width, paddedRow - 4L * width).fill((byte) 0);
    }
    column(memory, a, aRow, panel, padded, paddedRow, m, depth);
    for (int i = 0; i < m; i++) {
      MemorySegment.copy(memory, padded + i * paddedRow, memory, c + 4L * i * n, 4L * width);
    }
  }

  /**
   * An operand as it lies in memory, to be copied into the order that the inner loops read.
   *
   * @param base offset of element (0, 0)
   * @param active whether the batch index is within bounds
   */
  private record Packing(
      MemorySegment memory,
      long descriptor,
      int operand,
      long base,
      boolean active,
      DType dtype,
      int rowSlot,
      int columnSlot) {
    static Packing of(MemorySegment memory, long d, int operand, int batch, int row, int column) {
      return new Packing(
          memory,
          d,
          operand,
          Operands.get(memory, d, operand + DotDescriptor.ADDRESS)
              + Operands.along(memory, d, operand, 0, batch),
          Operands.isActive(memory, d, operand, 0, batch),
          Operands.dtype(Operands.get(memory, d, operand + DotDescriptor.DTYPE)),
          operand + DotDescriptor.AXES + row * DotDescriptor.AXIS_SLOTS,
          operand + DotDescriptor.AXES + column * DotDescriptor.AXIS_SLOTS);
    }

    private long slot(int at) {
      return Operands.get(memory, descriptor, at);
    }

    long rowStride() {
      return slot(rowSlot + DotDescriptor.STRIDE);
    }

    long place(int row) {
      return base + Operands.along(memory, descriptor, operand, 1, row);
    }

    private boolean hasUnitColumns() {
      return dtype == DType.FP32
          && slot(columnSlot + DotDescriptor.INDEX) == DotDescriptor.NO_INDEX
          && slot(columnSlot + DotDescriptor.STRIDE) == 4;
    }

    /** Whether all of it can be read in place, row by row. */
    boolean isContiguous(int rows, int columns) {
      return active
          && hasUnitColumns()
          && slot(rowSlot + DotDescriptor.INDEX) == DotDescriptor.NO_INDEX
          && slot(rowSlot + DotDescriptor.LOWER) <= 0
          && slot(rowSlot + DotDescriptor.UPPER) >= rows
          && slot(columnSlot + DotDescriptor.LOWER) <= 0
          && slot(columnSlot + DotDescriptor.UPPER) >= columns;
    }

    private int lower(int slot, int from, int count) {
      return active ? (int) Math.clamp(slot(slot + DotDescriptor.LOWER) - from, 0L, count) : 0;
    }

    private int upper(int slot, int from, int count) {
      return active ? (int) Math.clamp(slot(slot + DotDescriptor.UPPER) - from, 0L, count) : 0;
    }

    /** Copies columns {@code from} to {@code from + depth - 1} of every row, row-major. */
    void rows(MemorySegment memory, int rows, int from, int depth, long to) {
      int firstRow = lower(rowSlot, 0, rows);
      int lastRow = upper(rowSlot, 0, rows);
      int first = lower(columnSlot, from, depth);
      int last = upper(columnSlot, from, depth);
      if (firstRow > 0 || lastRow < rows || first > 0 || last < depth) {
        memory.asSlice(to, 4L * rows * depth).fill((byte) 0);
      }
      for (int i = firstRow; i < lastRow; i++) {
        line(memory, i, from + first, last - first, to + 4L * ((long) i * depth + first));
      }
    }

    /**
     * Copies rows {@code from} to {@code from + depth - 1} into panels of {@code width} columns,
     * padded with zeros.
     */
    void panels(MemorySegment memory, int from, int depth, int columns, int width, long to) {
      int firstRow = lower(rowSlot, from, depth);
      int lastRow = upper(rowSlot, from, depth);
      int first = lower(columnSlot, 0, columns);
      int last = upper(columnSlot, 0, columns);
      if (firstRow > 0 || lastRow < depth || first > 0 || last < columns || columns % width != 0) {
        int padded = (columns + width - 1) / width * width;
        memory.asSlice(to, 4L * padded * depth).fill((byte) 0);
      }
      if (transposed()) {
        transposedPanels(memory, from, firstRow, lastRow, depth, first, last, width, to);
        return;
      }
      for (int j = 0; j < columns; j += width) {
        int start = Math.max(first, j);
        int end = Math.min(last, j + width);
        long panel = to + 4L * j * depth + 4L * (start - j);
        for (int i = firstRow; i < lastRow && start < end; i++) {
          line(memory, from + i, start, end - start, panel + 4L * i * width);
        }
      }
    }

    /** Whether neighbours along the rows' axis lie side by side, in fp32. */
    private boolean transposed() {
      return dtype == DType.FP32
          && slot(rowSlot + DotDescriptor.INDEX) == DotDescriptor.NO_INDEX
          && slot(rowSlot + DotDescriptor.STRIDE) == 4
          && slot(columnSlot + DotDescriptor.INDEX) == DotDescriptor.NO_INDEX
          && slot(columnSlot + DotDescriptor.STRIDE) != 4;
    }

    /** Panels of an operand whose columns are contiguous: each is read along and written across. */
    private void transposedPanels(
        MemorySegment memory,
        int from,
        int firstRow,
        int lastRow,
        int depth,
        int first,
        int last,
        int width,
        long to) {
      long columnStride = slot(columnSlot + DotDescriptor.STRIDE);
      for (int j = first; j < last; j++) {
        long panel = to + 4L * (j / width * width) * depth + 4L * (j % width);
        long source = base + j * columnStride + 4L * from;
        for (int i = firstRow; i < lastRow; i++) {
          float value = memory.get(JAVA_FLOAT_UNALIGNED, source + 4L * i);
          memory.set(JAVA_FLOAT_UNALIGNED, panel + 4L * i * width, value);
        }
      }
    }

    /** Copies a part of a row, widened to fp32. */
    private void line(MemorySegment memory, int row, int column, int count, long to) {
      long source = place(row);
      if (hasUnitColumns()) {
        copy(memory, source + 4L * column, to, count);
        return;
      }
      boolean strided = slot(columnSlot + DotDescriptor.INDEX) == DotDescriptor.NO_INDEX;
      long stride = slot(columnSlot + DotDescriptor.STRIDE);
      if (strided && dtype == DType.FP16) {
        for (int j = 0; j < count; j++) {
          short bits = memory.get(JAVA_SHORT_UNALIGNED, source + (column + j) * stride);
          memory.set(JAVA_FLOAT_UNALIGNED, to + 4L * j, Float.float16ToFloat(bits));
        }
      } else if (strided && dtype == DType.BF16) {
        for (int j = 0; j < count; j++) {
          int bits = memory.get(JAVA_SHORT_UNALIGNED, source + (column + j) * stride) << 16;
          memory.set(JAVA_FLOAT_UNALIGNED, to + 4L * j, Float.intBitsToFloat(bits));
        }
      } else {
        for (int j = 0; j < count; j++) {
          long at = source + Operands.along(memory, descriptor, operand, 2, column + j);
          memory.set(JAVA_FLOAT_UNALIGNED, to + 4L * j, Operands.floatAt(memory, at, dtype));
        }
      }
    }

    private static void copy(MemorySegment memory, long from, long to, int count) {
      int whole = count / MicroKernels.LANES * MicroKernels.LANES;
      MicroKernels.copy(memory, from, to, whole);
      for (int j = whole; j < count; j++) {
        memory.set(
            JAVA_FLOAT_UNALIGNED, to + 4L * j, memory.get(JAVA_FLOAT_UNALIGNED, from + 4L * j));
      }
    }
  }
}
