package dev.kiln.compiler.jvm.support;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.kiln.compiler.ir.DType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Copies blocks of a matrix product's operands into contiguous rows of the accumulator's type. */
final class Packing {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(
          short.class, VectorShape.forBitSize(Math.max(64, FLOATS.vectorBitSize() / 2)));
  private static final int LANES = FLOATS.length();
  private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;

  private Packing() {}

  /**
   * Packs {@code rows x columns} elements from {@code (firstRow, firstColumn)} of an operand.
   * Elements outside its bounds, and columns from {@code columns} to {@code padded}, become 0.
   */
  static void pack(
      MemorySegment memory,
      long d,
      int operand,
      int batch,
      int firstRow,
      int rows,
      int firstColumn,
      int columns,
      long to,
      long rowBytes,
      int padded,
      DType acc) {
    DType dtype = Operands.dtype(Operands.get(memory, d, operand + DotDescriptor.DTYPE));
    long base =
        Operands.get(memory, d, operand + DotDescriptor.ADDRESS)
            + Operands.along(memory, d, operand, 0, batch);
    boolean active = Operands.isActive(memory, d, operand, 0, batch);
    int columnSlot = operand + DotDescriptor.AXES + 2 * DotDescriptor.AXIS_SLOTS;
    long stride = Operands.get(memory, d, columnSlot + DotDescriptor.STRIDE);
    long index = Operands.get(memory, d, columnSlot + DotDescriptor.INDEX);
    int lower = bound(memory, d, columnSlot + DotDescriptor.LOWER, firstColumn, columns);
    int upper = bound(memory, d, columnSlot + DotDescriptor.UPPER, firstColumn, columns);
    boolean signed = Operands.get(memory, d, operand + DotDescriptor.SIGNED) != 0;
    boolean contiguous = index == DotDescriptor.NO_INDEX && stride == dtype.bytes();
    boolean fast = acc == DType.FP32 && contiguous && (dtype == DType.FP32 || dtype == DType.BF16);
    for (int i = 0; i < rows; i++) {
      long row = to + i * rowBytes;
      boolean rowActive = active && Operands.isActive(memory, d, operand, 1, firstRow + i);
      int start = rowActive ? Math.min(lower, upper) : padded;
      int end = rowActive ? upper : padded;
      zero(memory, row, 0, start, acc);
      zero(memory, row, Math.max(start, end), padded, acc);
      if (start >= end) {
        continue;
      }
      long from = base + Operands.along(memory, d, operand, 1, firstRow + i);
      if (fast) {
        long first = from + (long) (firstColumn + start) * stride;
        long target = row + (long) start * Float.BYTES;
        if (dtype == DType.FP32) {
          copyFloats(memory, first, target, end - start);
        } else {
          widenBf16(memory, first, target, end - start);
        }
      } else if (index != DotDescriptor.NO_INDEX) {
        gatherRow(memory, from, index, firstColumn, start, end, row, dtype, acc, signed);
      } else {
        long first = from + firstColumn * stride;
        stridedRow(memory, first, stride, start, end, row, dtype, acc, signed);
      }
    }
  }

  /** A bound of the operand as one of the block. */
  private static int bound(MemorySegment memory, long d, int slot, int first, int columns) {
    return (int) Math.clamp(Operands.get(memory, d, slot) - first, 0, columns);
  }

  private static void zero(MemorySegment memory, long row, int from, int to, DType acc) {
    if (acc.bytes() == Integer.BYTES) {
      for (int j = from; j < to; j++) {
        memory.set(JAVA_INT, row + (long) j * Integer.BYTES, 0);
      }
    } else {
      for (int j = from; j < to; j++) {
        memory.set(JAVA_DOUBLE, row + (long) j * Double.BYTES, 0);
      }
    }
  }

  private static void copyFloats(MemorySegment memory, long from, long to, int n) {
    int j = 0;
    for (; j <= n - LANES; j += LANES) {
      long at = (long) j * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, memory, from + at, LITTLE)
          .intoMemorySegment(memory, to + at, LITTLE);
    }
    for (; j < n; j++) {
      long at = (long) j * Float.BYTES;
      memory.set(JAVA_FLOAT, to + at, Operands.floatAt(memory, from + at, DType.FP32));
    }
  }

  private static void widenBf16(MemorySegment memory, long from, long to, int n) {
    int j = 0;
    if (SHORTS.length() == LANES) {
      for (; j <= n - LANES; j += LANES) {
        IntVector bits =
            (IntVector)
                ShortVector.fromMemorySegment(SHORTS, memory, from + 2L * j, LITTLE)
                    .convertShape(VectorOperators.S2I, INTS, 0);
        bits.lanewise(VectorOperators.LSHL, 16)
            .intoMemorySegment(memory, to + (long) j * Float.BYTES, LITTLE);
      }
    }
    for (; j < n; j++) {
      float value = Operands.floatAt(memory, from + 2L * j, DType.BF16);
      memory.set(JAVA_FLOAT, to + (long) j * Float.BYTES, value);
    }
  }

  private static void stridedRow(
      MemorySegment memory,
      long first,
      long stride,
      int start,
      int end,
      long row,
      DType dtype,
      DType acc,
      boolean signed) {
    if (dtype == DType.FP32 && acc == DType.FP32) {
      for (int j = start; j < end; j++) {
        float value =
            memory.get(java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED, first + j * stride);
        memory.set(JAVA_FLOAT, row + (long) j * Float.BYTES, value);
      }
      return;
    }
    for (int j = start; j < end; j++) {
      move(memory, first + j * stride, row, j, dtype, acc, signed);
    }
  }

  private static void gatherRow(
      MemorySegment memory,
      long from,
      long index,
      int firstColumn,
      int start,
      int end,
      long row,
      DType dtype,
      DType acc,
      boolean signed) {
    for (int j = start; j < end; j++) {
      long at = from + memory.get(JAVA_LONG_UNALIGNED, index + 8L * (firstColumn + j));
      move(memory, at, row, j, dtype, acc, signed);
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
