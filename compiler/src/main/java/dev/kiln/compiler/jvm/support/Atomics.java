package dev.kiln.compiler.jvm.support;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.numeric.FloatFormat;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * Atomic operations on memory; each returns what was there before. Addresses must be aligned to
 * their type. Elements of 16 bits are changed through the 32-bit word that holds them.
 */
public final class Atomics {
  private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
  private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

  private Atomics() {}

  public static int add(MemorySegment memory, long offset, int value) {
    return (int) INT.getAndAdd(memory, offset, value);
  }

  public static int and(MemorySegment memory, long offset, int value) {
    return (int) INT.getAndBitwiseAnd(memory, offset, value);
  }

  public static int or(MemorySegment memory, long offset, int value) {
    return (int) INT.getAndBitwiseOr(memory, offset, value);
  }

  public static int xor(MemorySegment memory, long offset, int value) {
    return (int) INT.getAndBitwiseXor(memory, offset, value);
  }

  public static int xchg(MemorySegment memory, long offset, int value) {
    return (int) INT.getAndSet(memory, offset, value);
  }

  public static int mins(MemorySegment memory, long offset, int value) {
    int old = (int) INT.getVolatile(memory, offset);
    while (value < old && !INT.compareAndSet(memory, offset, old, value)) {
      old = (int) INT.getVolatile(memory, offset);
    }
    return old;
  }

  public static int maxs(MemorySegment memory, long offset, int value) {
    int old = (int) INT.getVolatile(memory, offset);
    while (value > old && !INT.compareAndSet(memory, offset, old, value)) {
      old = (int) INT.getVolatile(memory, offset);
    }
    return old;
  }

  public static int minu(MemorySegment memory, long offset, int value) {
    int old = (int) INT.getVolatile(memory, offset);
    while (Integer.compareUnsigned(value, old) < 0
        && !INT.compareAndSet(memory, offset, old, value)) {
      old = (int) INT.getVolatile(memory, offset);
    }
    return old;
  }

  public static int maxu(MemorySegment memory, long offset, int value) {
    int old = (int) INT.getVolatile(memory, offset);
    while (Integer.compareUnsigned(value, old) > 0
        && !INT.compareAndSet(memory, offset, old, value)) {
      old = (int) INT.getVolatile(memory, offset);
    }
    return old;
  }

  public static int cas(MemorySegment memory, long offset, int expected, int value) {
    return (int) INT.compareAndExchange(memory, offset, expected, value);
  }

  public static long add(MemorySegment memory, long offset, long value) {
    return (long) LONG.getAndAdd(memory, offset, value);
  }

  public static long and(MemorySegment memory, long offset, long value) {
    return (long) LONG.getAndBitwiseAnd(memory, offset, value);
  }

  public static long or(MemorySegment memory, long offset, long value) {
    return (long) LONG.getAndBitwiseOr(memory, offset, value);
  }

  public static long xor(MemorySegment memory, long offset, long value) {
    return (long) LONG.getAndBitwiseXor(memory, offset, value);
  }

  public static long xchg(MemorySegment memory, long offset, long value) {
    return (long) LONG.getAndSet(memory, offset, value);
  }

  public static long mins(MemorySegment memory, long offset, long value) {
    long old = (long) LONG.getVolatile(memory, offset);
    while (value < old && !LONG.compareAndSet(memory, offset, old, value)) {
      old = (long) LONG.getVolatile(memory, offset);
    }
    return old;
  }

  public static long maxs(MemorySegment memory, long offset, long value) {
    long old = (long) LONG.getVolatile(memory, offset);
    while (value > old && !LONG.compareAndSet(memory, offset, old, value)) {
      old = (long) LONG.getVolatile(memory, offset);
    }
    return old;
  }

  public static long minu(MemorySegment memory, long offset, long value) {
    long old = (long) LONG.getVolatile(memory, offset);
    while (Long.compareUnsigned(value, old) < 0
        && !LONG.compareAndSet(memory, offset, old, value)) {
      old = (long) LONG.getVolatile(memory, offset);
    }
    return old;
  }

  public static long maxu(MemorySegment memory, long offset, long value) {
    long old = (long) LONG.getVolatile(memory, offset);
    while (Long.compareUnsigned(value, old) > 0
        && !LONG.compareAndSet(memory, offset, old, value)) {
      old = (long) LONG.getVolatile(memory, offset);
    }
    return old;
  }

  public static long cas(MemorySegment memory, long offset, long expected, long value) {
    return (long) LONG.compareAndExchange(memory, offset, expected, value);
  }

  public static float add(MemorySegment memory, long offset, float value) {
    while (true) {
      int bits = (int) INT.getVolatile(memory, offset);
      float old = Float.intBitsToFloat(bits);
      if (INT.compareAndSet(memory, offset, bits, Float.floatToRawIntBits(old + value))) {
        return old;
      }
    }
  }

  public static float min(MemorySegment memory, long offset, float value) {
    while (true) {
      int bits = (int) INT.getVolatile(memory, offset);
      float old = Float.intBitsToFloat(bits);
      int changed = Float.floatToRawIntBits(FloatOps.min(old, value));
      if (INT.compareAndSet(memory, offset, bits, changed)) {
        return old;
      }
    }
  }

  public static float max(MemorySegment memory, long offset, float value) {
    while (true) {
      int bits = (int) INT.getVolatile(memory, offset);
      float old = Float.intBitsToFloat(bits);
      int changed = Float.floatToRawIntBits(FloatOps.max(old, value));
      if (INT.compareAndSet(memory, offset, bits, changed)) {
        return old;
      }
    }
  }

  public static float xchg(MemorySegment memory, long offset, float value) {
    return Float.intBitsToFloat(xchg(memory, offset, Float.floatToRawIntBits(value)));
  }

  /** Compares bits. */
  public static float cas(MemorySegment memory, long offset, float expected, float value) {
    int bits = Float.floatToRawIntBits(expected);
    return Float.intBitsToFloat(cas(memory, offset, bits, Float.floatToRawIntBits(value)));
  }

  public static double add(MemorySegment memory, long offset, double value) {
    while (true) {
      long bits = (long) LONG.getVolatile(memory, offset);
      double old = Double.longBitsToDouble(bits);
      if (LONG.compareAndSet(memory, offset, bits, Double.doubleToRawLongBits(old + value))) {
        return old;
      }
    }
  }

  public static double min(MemorySegment memory, long offset, double value) {
    while (true) {
      long bits = (long) LONG.getVolatile(memory, offset);
      double old = Double.longBitsToDouble(bits);
      long changed = Double.doubleToRawLongBits(FloatOps.min(old, value));
      if (LONG.compareAndSet(memory, offset, bits, changed)) {
        return old;
      }
    }
  }

  public static double max(MemorySegment memory, long offset, double value) {
    while (true) {
      long bits = (long) LONG.getVolatile(memory, offset);
      double old = Double.longBitsToDouble(bits);
      long changed = Double.doubleToRawLongBits(FloatOps.max(old, value));
      if (LONG.compareAndSet(memory, offset, bits, changed)) {
        return old;
      }
    }
  }

  public static double xchg(MemorySegment memory, long offset, double value) {
    return Double.longBitsToDouble(xchg(memory, offset, Double.doubleToRawLongBits(value)));
  }

  /** Compares bits. */
  public static double cas(MemorySegment memory, long offset, double expected, double value) {
    long bits = Double.doubleToRawLongBits(expected);
    return Double.longBitsToDouble(cas(memory, offset, bits, Double.doubleToRawLongBits(value)));
  }

  // --- elements narrower than 32 bits

  /** A change of the bits of a narrow element. */
  private interface Change {
    int apply(int bits);
  }

  /** Returns the element's old bits, sign-extended. */
  private static int change(MemorySegment memory, long offset, DType dtype, Change change) {
    long word = offset - (memory.address() + offset & 3);
    int shift = (int) (offset - word) * 8;
    int mask = (dtype.bytes() == 1 ? 0xff : 0xffff) << shift;
    int extend = 32 - dtype.bytes() * 8;
    while (true) {
      int whole = (int) INT.getVolatile(memory, word);
      int old = (whole & mask) >>> shift << extend >> extend;
      int next = whole & ~mask | change.apply(old) << shift & mask;
      if (INT.compareAndSet(memory, word, whole, next)) {
        return old;
      }
    }
  }

  private static float changeFloat(
      MemorySegment memory, long offset, DType dtype, FloatChange change) {
    int old =
        change(
            memory,
            offset,
            dtype,
            bits ->
                (int)
                    FloatFormat.toBits(
                        dtype, change.apply((float) FloatFormat.fromBits(dtype, bits))));
    return (float) FloatFormat.fromBits(dtype, old);
  }

  /** A change of the value of a narrow float. */
  private interface FloatChange {
    float apply(float old);
  }

  public static float addNarrow(MemorySegment memory, long offset, float value, DType dtype) {
    return changeFloat(memory, offset, dtype, old -> old + value);
  }

  public static float minNarrow(MemorySegment memory, long offset, float value, DType dtype) {
    return changeFloat(memory, offset, dtype, old -> FloatOps.min(old, value));
  }

  public static float maxNarrow(MemorySegment memory, long offset, float value, DType dtype) {
    return changeFloat(memory, offset, dtype, old -> FloatOps.max(old, value));
  }

  public static float xchgNarrow(MemorySegment memory, long offset, float value, DType dtype) {
    return changeFloat(memory, offset, dtype, _ -> value);
  }

  public static float casNarrow(
      MemorySegment memory, long offset, float expected, float value, DType dtype) {
    int expectedBits = (short) FloatFormat.toBits(dtype, expected);
    int bits = (int) FloatFormat.toBits(dtype, value);
    int old = change(memory, offset, dtype, was -> was == expectedBits ? bits : was);
    return (float) FloatFormat.fromBits(dtype, old);
  }

  public static int addNarrow(MemorySegment memory, long offset, int value, DType dtype) {
    return change(memory, offset, dtype, old -> old + value);
  }

  public static int andNarrow(MemorySegment memory, long offset, int value, DType dtype) {
    return change(memory, offset, dtype, old -> old & value);
  }

  public static int orNarrow(MemorySegment memory, long offset, int value, DType dtype) {
    return change(memory, offset, dtype, old -> old | value);
  }

  public static int xorNarrow(MemorySegment memory, long offset, int value, DType dtype) {
    return change(memory, offset, dtype, old -> old ^ value);
  }

  public static int xchgNarrow(MemorySegment memory, long offset, int value, DType dtype) {
    return change(memory, offset, dtype, _ -> value);
  }

  public static int minsNarrow(MemorySegment memory, long offset, int value, DType dtype) {
    return change(memory, offset, dtype, old -> Math.min(old, value));
  }

  public static int maxsNarrow(MemorySegment memory, long offset, int value, DType dtype) {
    return change(memory, offset, dtype, old -> Math.max(old, value));
  }

  public static int minuNarrow(MemorySegment memory, long offset, int value, DType dtype) {
    return change(memory, offset, dtype, old -> IntegerOps.minu(old, value));
  }

  public static int maxuNarrow(MemorySegment memory, long offset, int value, DType dtype) {
    return change(memory, offset, dtype, old -> IntegerOps.maxu(old, value));
  }

  public static int casNarrow(
      MemorySegment memory, long offset, int expected, int value, DType dtype) {
    return change(memory, offset, dtype, old -> old == expected ? value : old);
  }
}
