package dev.kiln.compiler.jvm.support;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.kiln.compiler.ir.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Matrix products without the Vector API. Every element is one chain of fused multiply-adds over
 * ascending k, so the bits are those of the vectorised one.
 */
public final class ScalarMatMul {
  private static final MemorySegment ZEROS = Arena.global().allocate(16 << 10, 64);

  private ScalarMatMul() {}

  /** Runs the product that a {@link DotDescriptor} at an offset describes. */
  public static void run(MemorySegment memory, long descriptor) {
    DType acc = Operands.dtype(Operands.get(memory, descriptor, DotDescriptor.ACC_DTYPE));
    int batch = (int) Operands.get(memory, descriptor, DotDescriptor.BATCH);
    int all = (int) Operands.get(memory, descriptor, DotDescriptor.K);
    int k = Operands.depth(memory, descriptor, all);
    for (int b = 0; b < batch; b++) {
      for (int from = 0; from < k; from += MicroKernel.DEPTH) {
        int depth = Math.min(MicroKernel.DEPTH, k - from);
        switch (acc) {
          case FP64 -> doubles(memory, descriptor, b, from, depth);
          case FP32 -> floats(memory, descriptor, b, from, depth);
          default -> ints(memory, descriptor, b, from, depth);
        }
      }
    }
  }

  /** Fills an accumulator with zeros. */
  public static void clear(MemorySegment memory, long accumulator, long bytes) {
    // Not fill of a slice: the slice would be an object for each product.
    for (long at = 0; at < bytes; at += ZEROS.byteSize()) {
      long length = Math.min(ZEROS.byteSize(), bytes - at);
      MemorySegment.copy(ZEROS, 0, memory, accumulator + at, length);
    }
  }

  private static void floats(MemorySegment anyMemory, long d, int batch, int from, int k) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    int m = (int) Operands.get(memory, d, DotDescriptor.M);
    int n = (int) Operands.get(memory, d, DotDescriptor.N);
    long a = Operands.get(memory, d, DotDescriptor.PACK);
    long b = a + (long) m * k * Float.BYTES;
    copyFloats(memory, d, DotDescriptor.A, batch, 0, m, from, k, a);
    copyFloats(memory, d, DotDescriptor.B, batch, from, k, 0, n, b);
    long acc = Operands.get(memory, d, DotDescriptor.ACC) + (long) batch * m * n * Float.BYTES;
    for (int i = 0; i < m; i++) {
      long row = acc + (long) i * n * Float.BYTES;
      for (int l = 0; l < k; l++) {
        float left = memory.get(JAVA_FLOAT, a + ((long) i * k + l) * Float.BYTES);
        long right = b + (long) l * n * Float.BYTES;
        for (int j = 0; j < n; j++) {
          long at = row + (long) j * Float.BYTES;
          float factor = memory.get(JAVA_FLOAT, right + (long) j * Float.BYTES);
          memory.set(JAVA_FLOAT, at, Math.fma(left, factor, memory.get(JAVA_FLOAT, at)));
        }
      }
    }
  }

  private static void doubles(MemorySegment anyMemory, long d, int batch, int from, int k) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    int m = (int) Operands.get(memory, d, DotDescriptor.M);
    int n = (int) Operands.get(memory, d, DotDescriptor.N);
    long a = Operands.get(memory, d, DotDescriptor.PACK);
    long b = a + (long) m * k * Double.BYTES;
    copyDoubles(memory, d, DotDescriptor.A, batch, 0, m, from, k, a);
    copyDoubles(memory, d, DotDescriptor.B, batch, from, k, 0, n, b);
    long acc = Operands.get(memory, d, DotDescriptor.ACC) + (long) batch * m * n * Double.BYTES;
    for (int i = 0; i < m; i++) {
      long row = acc + (long) i * n * Double.BYTES;
      for (int l = 0; l < k; l++) {
        double left = memory.get(JAVA_DOUBLE, a + ((long) i * k + l) * Double.BYTES);
        long right = b + (long) l * n * Double.BYTES;
        for (int j = 0; j < n; j++) {
          long at = row + (long) j * Double.BYTES;
          double factor = memory.get(JAVA_DOUBLE, right + (long) j * Double.BYTES);
          memory.set(JAVA_DOUBLE, at, Math.fma(left, factor, memory.get(JAVA_DOUBLE, at)));
        }
      }
    }
  }

  private static void ints(MemorySegment anyMemory, long d, int batch, int from, int k) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    int m = (int) Operands.get(memory, d, DotDescriptor.M);
    int n = (int) Operands.get(memory, d, DotDescriptor.N);
    long a = Operands.get(memory, d, DotDescriptor.PACK);
    long b = a + (long) m * k * Integer.BYTES;
    copyInts(memory, d, DotDescriptor.A, batch, 0, m, from, k, a);
    copyInts(memory, d, DotDescriptor.B, batch, from, k, 0, n, b);
    long acc = Operands.get(memory, d, DotDescriptor.ACC) + (long) batch * m * n * Integer.BYTES;
    for (int i = 0; i < m; i++) {
      long row = acc + (long) i * n * Integer.BYTES;
      for (int l = 0; l < k; l++) {
        int left = memory.get(JAVA_INT, a + ((long) i * k + l) * Integer.BYTES);
        long right = b + (long) l * n * Integer.BYTES;
        for (int j = 0; j < n; j++) {
          long at = row + (long) j * Integer.BYTES;
          int factor = memory.get(JAVA_INT, right + (long) j * Integer.BYTES);
          memory.set(JAVA_INT, at, memory.get(JAVA_INT, at) + left * factor);
        }
      }
    }
  }

  private static void copyFloats(
      MemorySegment anyMemory,
      long d,
      int operand,
      int batch,
      int firstRow,
      int rows,
      int firstColumn,
      int columns,
      long to) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    DType dtype = Operands.dtype(Operands.get(memory, d, operand + DotDescriptor.DTYPE));
    boolean active = Operands.isActive(memory, d, operand, 0, batch);
    long base = Operands.place(memory, d, operand, batch);
    for (int i = 0; i < rows; i++) {
      boolean rowActive = active && Operands.isActive(memory, d, operand, 1, firstRow + i);
      long row = base + Operands.along(memory, d, operand, 1, firstRow + i);
      for (int j = 0; j < columns; j++) {
        float value =
            rowActive && Operands.isActive(memory, d, operand, 2, firstColumn + j)
                ? Operands.floatAt(
                    memory, row + Operands.along(memory, d, operand, 2, firstColumn + j), dtype)
                : 0;
        memory.set(JAVA_FLOAT, to + ((long) i * columns + j) * Float.BYTES, value);
      }
    }
  }

  private static void copyDoubles(
      MemorySegment anyMemory,
      long d,
      int operand,
      int batch,
      int firstRow,
      int rows,
      int firstColumn,
      int columns,
      long to) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    DType dtype = Operands.dtype(Operands.get(memory, d, operand + DotDescriptor.DTYPE));
    boolean active = Operands.isActive(memory, d, operand, 0, batch);
    long base = Operands.place(memory, d, operand, batch);
    for (int i = 0; i < rows; i++) {
      boolean rowActive = active && Operands.isActive(memory, d, operand, 1, firstRow + i);
      long row = base + Operands.along(memory, d, operand, 1, firstRow + i);
      for (int j = 0; j < columns; j++) {
        double value =
            rowActive && Operands.isActive(memory, d, operand, 2, firstColumn + j)
                ? Operands.doubleAt(
                    memory, row + Operands.along(memory, d, operand, 2, firstColumn + j), dtype)
                : 0;
        memory.set(JAVA_DOUBLE, to + ((long) i * columns + j) * Double.BYTES, value);
      }
    }
  }

  private static void copyInts(
      MemorySegment anyMemory,
      long d,
      int operand,
      int batch,
      int firstRow,
      int rows,
      int firstColumn,
      int columns,
      long to) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    DType dtype = Operands.dtype(Operands.get(memory, d, operand + DotDescriptor.DTYPE));
    boolean signed = Operands.get(memory, d, operand + DotDescriptor.SIGNED) != 0;
    boolean active = Operands.isActive(memory, d, operand, 0, batch);
    long base = Operands.place(memory, d, operand, batch);
    for (int i = 0; i < rows; i++) {
      boolean rowActive = active && Operands.isActive(memory, d, operand, 1, firstRow + i);
      long row = base + Operands.along(memory, d, operand, 1, firstRow + i);
      for (int j = 0; j < columns; j++) {
        int value =
            rowActive && Operands.isActive(memory, d, operand, 2, firstColumn + j)
                ? Operands.intAt(
                    memory,
                    row + Operands.along(memory, d, operand, 2, firstColumn + j),
                    dtype,
                    signed)
                : 0;
        memory.set(JAVA_INT, to + ((long) i * columns + j) * Integer.BYTES, value);
      }
    }
  }
}
