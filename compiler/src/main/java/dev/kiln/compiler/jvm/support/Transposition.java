package dev.kiln.compiler.jvm.support;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;

/**
 * Copies a matrix whose rows lie densely to a matrix whose columns do.
 *
 * <p>Squares with sides of one cache line are read line by line into a buffer and written line by
 * line from there, so that each cache line is touched once: rows a power of two apart would push
 * each other out of the first-level cache.
 */
public final class Transposition {
  private static final int LINE = 64;

  /** Size of the buffer: a square of single bytes, whose side is one cache line. */
  public static final long BUFFER_BYTES = (long) LINE * LINE;

  private Transposition() {}

  /**
   * Copies rows {@code top} to {@code bottom} and columns {@code left} to {@code right}.
   *
   * @param from offset of the first row, rows {@code fromRow} bytes apart
   * @param to offset of the first column, columns {@code toColumn} bytes apart
   * @param bytes of an element: 1, 2, 4 or 8
   * @param buffer offset of {@link #BUFFER_BYTES} bytes
   */
  public static void copy(
      MemorySegment anyMemory,
      long from,
      long fromRow,
      long to,
      long toColumn,
      int bytes,
      int top,
      int bottom,
      int left,
      int right,
      long buffer) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    int side = LINE / bytes;
    for (int i = top; i < bottom; i += side) {
      int rows = Math.min(side, bottom - i);
      for (int j = left; j < right; j += side) {
        int columns = Math.min(side, right - j);
        long source = from + i * fromRow + (long) j * bytes;
        long target = to + j * toColumn + (long) i * bytes;
        if (rows == side && columns == side) {
          readLines(memory, source, fromRow, side, buffer);
          write(memory, buffer, LINE, target, toColumn, bytes, side, side);
        } else {
          write(memory, source, fromRow, target, toColumn, bytes, rows, columns);
        }
      }
    }
  }

  private static void readLines(
      MemorySegment anyMemory, long from, long fromRow, int rows, long buffer) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    for (int row = 0; row < rows; row++) {
      long source = from + row * fromRow;
      long target = buffer + (long) row * LINE;
      for (int at = 0; at < LINE; at += Long.BYTES) {
        memory.set(JAVA_LONG_UNALIGNED, target + at, memory.get(JAVA_LONG_UNALIGNED, source + at));
      }
    }
  }

  private static void write(
      MemorySegment memory,
      long from,
      long fromRow,
      long to,
      long toColumn,
      int bytes,
      int rows,
      int columns) {
    switch (bytes) {
      case 1 -> writeBytes(memory, from, fromRow, to, toColumn, rows, columns);
      case 2 -> writeShorts(memory, from, fromRow, to, toColumn, rows, columns);
      case 4 -> writeInts(memory, from, fromRow, to, toColumn, rows, columns);
      default -> writeLongs(memory, from, fromRow, to, toColumn, rows, columns);
    }
  }

  private static void writeBytes(
      MemorySegment anyMemory,
      long from,
      long fromRow,
      long to,
      long toColumn,
      int rows,
      int columns) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    for (int j = 0; j < columns; j++) {
      long source = from + j;
      long target = to + j * toColumn;
      for (int i = 0; i < rows; i++) {
        memory.set(JAVA_BYTE, target + i, memory.get(JAVA_BYTE, source + i * fromRow));
      }
    }
  }

  private static void writeShorts(
      MemorySegment anyMemory,
      long from,
      long fromRow,
      long to,
      long toColumn,
      int rows,
      int columns) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    for (int j = 0; j < columns; j++) {
      long source = from + j * 2L;
      long target = to + j * toColumn;
      for (int i = 0; i < rows; i++) {
        short element = memory.get(JAVA_SHORT_UNALIGNED, source + i * fromRow);
        memory.set(JAVA_SHORT_UNALIGNED, target + i * 2L, element);
      }
    }
  }

  private static void writeInts(
      MemorySegment anyMemory,
      long from,
      long fromRow,
      long to,
      long toColumn,
      int rows,
      int columns) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    for (int j = 0; j < columns; j++) {
      long source = from + j * 4L;
      long target = to + j * toColumn;
      for (int i = 0; i < rows; i++) {
        int element = memory.get(JAVA_INT_UNALIGNED, source + i * fromRow);
        memory.set(JAVA_INT_UNALIGNED, target + i * 4L, element);
      }
    }
  }

  private static void writeLongs(
      MemorySegment anyMemory,
      long from,
      long fromRow,
      long to,
      long toColumn,
      int rows,
      int columns) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    for (int j = 0; j < columns; j++) {
      long source = from + j * 8L;
      long target = to + j * toColumn;
      for (int i = 0; i < rows; i++) {
        long element = memory.get(JAVA_LONG_UNALIGNED, source + i * fromRow);
        memory.set(JAVA_LONG_UNALIGNED, target + i * 8L, element);
      }
    }
  }
}
