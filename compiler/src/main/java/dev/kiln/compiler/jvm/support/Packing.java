package dev.kiln.compiler.jvm.support;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.kiln.compiler.ir.DType;
import java.lang.foreign.MemorySegment;

/**
 * Copies blocks of a matrix product's operands into contiguous rows of the accumulator's type.
 * Elements outside the bounds become 0 and are not read.
 *
 * <p>Rows that lie contiguously are copied in vectors; where columns do, squares are transposed in
 * registers; anything else goes element by element.
 */
final class Packing {
  /** Numbers of a run that is widened before it is transposed. */
  private static final int RUN = 256;

  private static final int MOST_LANES = 16;

  /** Size of the buffer for such runs. */
  static final long BUFFER_BYTES = (long) RUN * MOST_LANES * Float.BYTES;

  private Packing() {}

  /**
   * Packs {@code rows x columns} elements from {@code (firstRow, firstColumn)} of an operand.
   *
   * @param rowAxis the operand's axis along which rows are counted: 1, or 2 to pack its transpose
   * @param to offset of the packed rows, {@code rowBytes} apart
   * @param padded columns of a packed row; those beyond {@code columns} become 0
   * @param buffer offset of {@link #BUFFER_BYTES} bytes
   */
  static void pack(
      MemorySegment anyMemory,
      MicroKernel kernel,
      long d,
      int operand,
      int rowAxis,
      int batch,
      int firstRow,
      int rows,
      int firstColumn,
      int columns,
      long to,
      long rowBytes,
      int padded,
      DType acc,
      long buffer) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    int axes = operand + DotDescriptor.AXES;
    int rowSlot = axes + rowAxis * DotDescriptor.AXIS_SLOTS;
    int columnSlot = axes + (3 - rowAxis) * DotDescriptor.AXIS_SLOTS;
    boolean active = Operands.isActive(memory, d, operand, 0, batch);
    int top = active ? bound(memory, d, rowSlot + DotDescriptor.LOWER, firstRow, rows) : 0;
    int bottom = active ? bound(memory, d, rowSlot + DotDescriptor.UPPER, firstRow, rows) : 0;
    int left = bound(memory, d, columnSlot + DotDescriptor.LOWER, firstColumn, columns);
    int right = bound(memory, d, columnSlot + DotDescriptor.UPPER, firstColumn, columns);
    if (top >= bottom || left >= right) {
      zero(memory, to, rowBytes, 0, rows, 0, padded, acc);
      return;
    }
    zero(memory, to, rowBytes, 0, top, 0, padded, acc);
    zero(memory, to, rowBytes, bottom, rows, 0, padded, acc);
    zero(memory, to, rowBytes, top, bottom, 0, left, acc);
    zero(memory, to, rowBytes, top, bottom, right, padded, acc);
    DType dtype = Operands.dtype(Operands.get(memory, d, operand + DotDescriptor.DTYPE));
    boolean signed = Operands.get(memory, d, operand + DotDescriptor.SIGNED) != 0;
    long rowIndex = Operands.get(memory, d, rowSlot + DotDescriptor.INDEX);
    long rowStride = Operands.get(memory, d, rowSlot + DotDescriptor.STRIDE);
    long columnIndex = Operands.get(memory, d, columnSlot + DotDescriptor.INDEX);
    long columnStride = Operands.get(memory, d, columnSlot + DotDescriptor.STRIDE);
    long base = Operands.place(memory, d, operand, batch);
    boolean widens = Widening.isSupported(dtype, acc);
    if (widens && isUnit(columnIndex, columnStride, dtype)) {
      long first = base + (firstColumn + left) * columnStride;
      long target = to + (long) left * acc.bytes();
      for (int i = top; i < bottom; i++) {
        long row = along(memory, rowIndex, rowStride, firstRow + i);
        if (row == DotDescriptor.NOWHERE) {
          zero(memory, to, rowBytes, i, i + 1, left, right, acc);
        } else {
          long line = target + i * rowBytes;
          Widening.copy(memory, dtype, signed, first + row, line, right - left);
        }
      }
    } else if (widens && acc != DType.FP64 && isUnit(rowIndex, rowStride, dtype)) {
      long from = base + (long) firstRow * rowStride;
      transposed(
          memory,
          kernel,
          from,
          columnIndex,
          columnStride,
          firstColumn,
          top,
          bottom,
          left,
          right,
          to,
          rowBytes,
          padded,
          dtype,
          signed,
          buffer);
    } else {
      for (int i = top; i < bottom; i++) {
        long row = along(memory, rowIndex, rowStride, firstRow + i);
        for (int j = left; j < right; j++) {
          long column = along(memory, columnIndex, columnStride, firstColumn + j);
          if (row == DotDescriptor.NOWHERE || column == DotDescriptor.NOWHERE) {
            zero(memory, to, rowBytes, i, i + 1, j, j + 1, acc);
          } else {
            move(memory, base + row + column, to + i * rowBytes, j, dtype, acc, signed);
          }
        }
      }
    }
  }

  private static boolean isUnit(long index, long stride, DType dtype) {
    return index == DotDescriptor.NO_INDEX && stride == dtype.bytes();
  }

  private static long along(MemorySegment anyMemory, long index, long stride, long i) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    return index == DotDescriptor.NO_INDEX
        ? i * stride
        : memory.get(JAVA_LONG_UNALIGNED, index + 8 * i);
  }

  /** A bound of the operand as one of the block. */
  private static int bound(MemorySegment memory, long d, int slot, int first, int count) {
    return (int) Math.clamp(Operands.get(memory, d, slot) - first, 0L, count);
  }

  /** Clears rows {@code top} to {@code bottom} from column {@code left} to {@code right}. */
  private static void zero(
      MemorySegment anyMemory,
      long to,
      long rowBytes,
      int top,
      int bottom,
      int left,
      int right,
      DType acc) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    if (left >= right) {
      return;
    }
    int words = acc.bytes() / Integer.BYTES;
    for (int i = top; i < bottom; i++) {
      long row = to + i * rowBytes;
      for (int j = left * words; j < right * words; j++) {
        memory.set(JAVA_INT, row + (long) j * Integer.BYTES, 0);
      }
    }
  }

  /**
   * Columns that lie contiguously: as many as a vector has lanes are widened to 32 bits, a run of
   * rows at a time, and transposed.
   */
  private static void transposed(
      MemorySegment anyMemory,
      MicroKernel kernel,
      long base,
      long columnIndex,
      long columnStride,
      int firstColumn,
      int top,
      int bottom,
      int left,
      int right,
      long to,
      long rowBytes,
      int padded,
      DType dtype,
      boolean signed,
      long buffer) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    int lanes = kernel.lanes();
    int bytes = dtype.bytes();
    for (int j = left; j < right; j += lanes) {
      int width = Math.min(lanes, right - j);
      // Lines of zeros make up for what is missing to a square, where these may be written.
      int lines = j + lanes <= padded ? lanes : width;
      for (int i = top; i < bottom; i += RUN) {
        int run = Math.min(RUN, bottom - i);
        for (int column = 0; column < width; column++) {
          long line = buffer + (long) column * RUN * Integer.BYTES;
          long at = along(memory, columnIndex, columnStride, firstColumn + j + column);
          if (at == DotDescriptor.NOWHERE) {
            zero(memory, line, 0, 0, 1, 0, run, DType.FP32);
          } else {
            Widening.copy(memory, dtype, signed, base + at + (long) i * bytes, line, run);
          }
        }
        for (int column = width; column < lines; column++) {
          zero(memory, buffer + (long) column * RUN * Integer.BYTES, 0, 0, 1, 0, run, DType.FP32);
        }
        long target = to + i * rowBytes + (long) j * Integer.BYTES;
        squares(memory, kernel, buffer, target, rowBytes, run, lines);
      }
    }
  }

  /** Transposes the buffer's lines into {@code run} rows of {@code width} columns. */
  private static void squares(
      MemorySegment anyMemory,
      MicroKernel kernel,
      long buffer,
      long to,
      long rowBytes,
      int run,
      int width) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    int lanes = kernel.lanes();
    int i = 0;
    if (width == lanes) {
      for (; i <= run - lanes; i += lanes) {
        kernel.transpose(
            memory,
            buffer + (long) i * Integer.BYTES,
            (long) RUN * Integer.BYTES,
            to + i * rowBytes,
            rowBytes);
      }
    }
    for (; i < run; i++) {
      for (int j = 0; j < width; j++) {
        long at = buffer + ((long) j * RUN + i) * Integer.BYTES;
        memory.set(
            JAVA_INT, to + i * rowBytes + (long) j * Integer.BYTES, memory.get(JAVA_INT, at));
      }
    }
  }

  private static void move(
      MemorySegment memory, long from, long row, int j, DType dtype, DType acc, boolean signed) {
    switch (acc) {
      case FP32 ->
          memory.set(
              JAVA_FLOAT, row + (long) j * Float.BYTES, Operands.floatAt(memory, from, dtype));
      case FP64 ->
          memory.set(
              JAVA_DOUBLE, row + (long) j * Double.BYTES, Operands.doubleAt(memory, from, dtype));
      default ->
          memory.set(
              JAVA_INT,
              row + (long) j * Integer.BYTES,
              Operands.intAt(memory, from, dtype, signed));
    }
  }
}
