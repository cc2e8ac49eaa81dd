package dev.kiln.compiler.jvm.support;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The inner loops of fp32 matrix products: a block of the accumulator stays in vector registers
 * while k runs. Every element is one chain of fused multiply-adds over ascending k.
 *
 * <p>A block is two vectors wide. With 512 bits there are 32 registers, so it is eight rows high
 * (16 accumulators, two vectors of B, one of A); narrower machines have 16 registers and take four
 * rows. The accumulators are local variables: an array of vectors would be allocated.
 */
final class MicroKernels {
  static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  static final int LANES = SPECIES.length();

  /** Columns of a panel of B, and of a block of the accumulator. */
  static final int COLUMNS = 2 * LANES;

  /** Rows of a block. */
  static final int ROWS = LANES >= 16 ? 8 : 4;

  private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;

  private MicroKernels() {}

  /**
   * Adds the product of {@link #ROWS} rows of A and a panel of B to a block of the accumulator.
   *
   * @param a offset of the first row; its k numbers are contiguous
   * @param aRow bytes between rows
   * @param b offset of the panel: {@link #COLUMNS} numbers for each k
   * @param c offset of the block
   * @param cRow bytes between its rows
   */
  static void block(MemorySegment memory, long a, long aRow, long b, long c, long cRow, int k) {
    if (ROWS == 8) {
      eightRows(memory, a, aRow, b, c, cRow, k);
    } else {
      fourRows(memory, a, aRow, b, c, cRow, k);
    }
  }

  private static void eightRows(
      MemorySegment memory, long a, long aRow, long b, long c, long cRow, int k) {
    long right = 4L * LANES;
    long a1 = a + aRow;
    long a2 = a1 + aRow;
    long a3 = a2 + aRow;
    long a4 = a3 + aRow;
    long a5 = a4 + aRow;
    long a6 = a5 + aRow;
    long a7 = a6 + aRow;
    FloatVector c00 = FloatVector.fromMemorySegment(SPECIES, memory, c, LITTLE);
    FloatVector c01 = FloatVector.fromMemorySegment(SPECIES, memory, c + right, LITTLE);
    FloatVector c10 = FloatVector.fromMemorySegment(SPECIES, memory, c + cRow, LITTLE);
    FloatVector c11 = FloatVector.fromMemorySegment(SPECIES, memory, c + cRow + right, LITTLE);
    FloatVector c20 = FloatVector.fromMemorySegment(SPECIES, memory, c + 2 * cRow, LITTLE);
    FloatVector c21 = FloatVector.fromMemorySegment(SPECIES, memory, c + 2 * cRow + right, LITTLE);
    FloatVector c30 = FloatVector.fromMemorySegment(SPECIES, memory, c + 3 * cRow, LITTLE);
    FloatVector c31 = FloatVector.fromMemorySegment(SPECIES, memory, c + 3 * cRow + right, LITTLE);
    FloatVector c40 = FloatVector.fromMemorySegment(SPECIES, memory, c + 4 * cRow, LITTLE);
    FloatVector c41 = FloatVector.fromMemorySegment(SPECIES, memory, c + 4 * cRow + right, LITTLE);
    FloatVector c50 = FloatVector.fromMemorySegment(SPECIES, memory, c + 5 * cRow, LITTLE);
    FloatVector c51 = FloatVector.fromMemorySegment(SPECIES, memory, c + 5 * cRow + right, LITTLE);
    FloatVector c60 = FloatVector.fromMemorySegment(SPECIES, memory, c + 6 * cRow, LITTLE);
    FloatVector c61 = FloatVector.fromMemorySegment(SPECIES, memory, c + 6 * cRow + right, LITTLE);
    FloatVector c70 = FloatVector.fromMemorySegment(SPECIES, memory, c + 7 * cRow, LITTLE);
    FloatVector c71 = FloatVector.fromMemorySegment(SPECIES, memory, c + 7 * cRow + right, LITTLE);
    for (int i = 0; i < k; i++) {
      long left = 4L * i;
      long panel = b + 2 * right * i;
      FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, memory, panel, LITTLE);
      FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, memory, panel + right, LITTLE);
      FloatVector x = FloatVector.broadcast(SPECIES, memory.get(JAVA_FLOAT_UNALIGNED, a + left));
      c00 = x.fma(b0, c00);
      c01 = x.fma(b1, c01);
      x = FloatVector.broadcast(SPECIES, memory.get(JAVA_FLOAT_UNALIGNED, a1 + left));
      c10 = x.fma(b0, c10);
      c11 = x.fma(b1, c11);
      x = FloatVector.broadcast(SPECIES, memory.get(JAVA_FLOAT_UNALIGNED, a2 + left));
      c20 = x.fma(b0, c20);
      c21 = x.fma(b1, c21);
      x = FloatVector.broadcast(SPECIES, memory.get(JAVA_FLOAT_UNALIGNED, a3 + left));
      c30 = x.fma(b0, c30);
      c31 = x.fma(b1, c31);
      x = FloatVector.broadcast(SPECIES, memory.get(JAVA_FLOAT_UNALIGNED, a4 + left));
      c40 = x.fma(b0, c40);
      c41 = x.fma(b1, c41);
      x = FloatVector.broadcast(SPECIES, memory.get(JAVA_FLOAT_UNALIGNED, a5 + left));
      c50 = x.fma(b0, c50);
      c51 = x.fma(b1, c51);
      x = FloatVector.broadcast(SPECIES, memory.get(JAVA_FLOAT_UNALIGNED, a6 + left));
      c60 = x.fma(b0, c60);
      c61 = x.fma(b1, c61);
      x = FloatVector.broadcast(SPECIES, memory.get(JAVA_FLOAT_UNALIGNED, a7 + left));
      c70 = x.fma(b0, c70);
      c71 = x.fma(b1, c71);
    }
    c00.intoMemorySegment(memory, c, LITTLE);
    c01.intoMemorySegment(memory, c + right, LITTLE);
    c10.intoMemorySegment(memory, c + cRow, LITTLE);
    c11.intoMemorySegment(memory, c + cRow + right, LITTLE);
    c20.intoMemorySegment(memory, c + 2 * cRow, LITTLE);
    c21.intoMemorySegment(memory, c + 2 * cRow + right, LITTLE);
    c30.intoMemorySegment(memory, c + 3 * cRow, LITTLE);
    c31.intoMemorySegment(memory, c + 3 * cRow + right, LITTLE);
    c40.intoMemorySegment(memory, c + 4 * cRow, LITTLE);
    c41.intoMemorySegment(memory, c + 4 * cRow + right, LITTLE);
    c50.intoMemorySegment(memory, c + 5 * cRow, LITTLE);
    c51.intoMemorySegment(memory, c + 5 * cRow + right, LITTLE);
    c60.intoMemorySegment(memory, c + 6 * cRow, LITTLE);
    c61.intoMemorySegment(memory, c + 6 * cRow + right, LITTLE);
    c70.intoMemorySegment(memory, c + 7 * cRow, LITTLE);
    c71.intoMemorySegment(memory, c + 7 * cRow + right, LITTLE);
  }

  private static void fourRows(
      MemorySegment memory, long a, long aRow, long b, long c, long cRow, int k) {
    long right = 4L * LANES;
    long a1 = a + aRow;
    long a2 = a1 + aRow;
    long a3 = a2 + aRow;
    FloatVector c00 = FloatVector.fromMemorySegment(SPECIES, memory, c, LITTLE);
    FloatVector c01 = FloatVector.fromMemorySegment(SPECIES, memory, c + right, LITTLE);
    FloatVector c10 = FloatVector.fromMemorySegment(SPECIES, memory, c + cRow, LITTLE);
    FloatVector c11 = FloatVector.fromMemorySegment(SPECIES, memory, c + cRow + right, LITTLE);
    FloatVector c20 = FloatVector.fromMemorySegment(SPECIES, memory, c + 2 * cRow, LITTLE);
    FloatVector c21 = FloatVector.fromMemorySegment(SPECIES, memory, c + 2 * cRow + right, LITTLE);
    FloatVector c30 = FloatVector.fromMemorySegment(SPECIES, memory, c + 3 * cRow, LITTLE);
    FloatVector c31 = FloatVector.fromMemorySegment(SPECIES, memory, c + 3 * cRow + right, LITTLE);
    for (int i = 0; i < k; i++) {
      long left = 4L * i;
      long panel = b + 2 * right * i;
      FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, memory, panel, LITTLE);
      FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, memory, panel + right, LITTLE);
      FloatVector x = FloatVector.broadcast(SPECIES, memory.get(JAVA_FLOAT_UNALIGNED, a + left));
      c00 = x.fma(b0, c00);
      c01 = x.fma(b1, c01);
      x = FloatVector.broadcast(SPECIES, memory.get(JAVA_FLOAT_UNALIGNED, a1 + left));
      c10 = x.fma(b0, c10);
      c11 = x.fma(b1, c11);
      x = FloatVector.broadcast(SPECIES, memory.get(JAVA_FLOAT_UNALIGNED, a2 + left));
      c20 = x.fma(b0, c20);
      c21 = x.fma(b1, c21);
      x = FloatVector.broadcast(SPECIES, memory.get(JAVA_FLOAT_UNALIGNED, a3 + left));
      c30 = x.fma(b0, c30);
      c31 = x.fma(b1, c31);
    }
    c00.intoMemorySegment(memory, c, LITTLE);
    c01.intoMemorySegment(memory, c + right, LITTLE);
    c10.intoMemorySegment(memory, c + cRow, LITTLE);
    c11.intoMemorySegment(memory, c + cRow + right, LITTLE);
    c20.intoMemorySegment(memory, c + 2 * cRow, LITTLE);
    c21.intoMemorySegment(memory, c + 2 * cRow + right, LITTLE);
    c30.intoMemorySegment(memory, c + 3 * cRow, LITTLE);
    c31.intoMemorySegment(memory, c + 3 * cRow + right, LITTLE);
  }

  /**
   * {@link #block} of a single row: what is left of a height that is no multiple of the block's.
   */
  static void row(MemorySegment memory, long a, long b, long c, int k) {
    long right = 4L * LANES;
    FloatVector c0 = FloatVector.fromMemorySegment(SPECIES, memory, c, LITTLE);
    FloatVector c1 = FloatVector.fromMemorySegment(SPECIES, memory, c + right, LITTLE);
    for (int i = 0; i < k; i++) {
      long panel = b + 2 * right * i;
      FloatVector x = FloatVector.broadcast(SPECIES, memory.get(JAVA_FLOAT_UNALIGNED, a + 4L * i));
      c0 = x.fma(FloatVector.fromMemorySegment(SPECIES, memory, panel, LITTLE), c0);
      c1 = x.fma(FloatVector.fromMemorySegment(SPECIES, memory, panel + right, LITTLE), c1);
    }
    c0.intoMemorySegment(memory, c, LITTLE);
    c1.intoMemorySegment(memory, c + right, LITTLE);
  }

  /** Copies numbers in vectors; {@code count} is a multiple of {@link #LANES}. */
  static void copy(MemorySegment memory, long from, long to, int count) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector.fromMemorySegment(SPECIES, memory, from + 4L * i, LITTLE)
          .intoMemorySegment(memory, to + 4L * i, LITTLE);
    }
  }
}
