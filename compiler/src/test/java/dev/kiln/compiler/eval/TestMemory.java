package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.compiler.numeric.IntegerMath;
import java.lang.foreign.MemorySegment;

/**
 * Memory for tests: arrays one after the other at fixed addresses, each aligned to 64 bytes, the
 * first at {@link #BASE}.
 */
final class TestMemory {
  static final long BASE = 0x1_0000;

  private final SegmentMemory memory = new SegmentMemory();
  private long next = BASE;

  SegmentMemory memory() {
    return memory;
  }

  /** Adds an array of floats and returns its address. */
  long floats(String name, DType dtype, double... elements) {
    long address = add(name, (long) elements.length * dtype.bytes(), true);
    for (int i = 0; i < elements.length; i++) {
      long bits = FloatFormat.toBits(dtype, elements[i]);
      memory.write(address + (long) i * dtype.bytes(), dtype.bytes(), bits);
    }
    return address;
  }

  /** Adds an array of integers and returns its address. */
  long ints(String name, DType dtype, long... elements) {
    long address = add(name, (long) elements.length * dtype.bytes(), true);
    for (int i = 0; i < elements.length; i++) {
      memory.write(address + (long) i * dtype.bytes(), dtype.bytes(), elements[i]);
    }
    return address;
  }

  /** Adds zeros. */
  long zeros(String name, long bytes) {
    return add(name, bytes, true);
  }

  /** Adds memory that counts as never written. */
  long raw(String name, long bytes) {
    return add(name, bytes, false);
  }

  private long add(String name, long bytes, boolean initialised) {
    long address = next;
    memory.add(
        new Allocation(name, address, bytes, initialised),
        MemorySegment.ofArray(new byte[(int) bytes]));
    next += (bytes + 63) / 64 * 64;
    return address;
  }

  double[] floatsAt(long address, DType dtype, int count) {
    double[] elements = new double[count];
    for (int i = 0; i < count; i++) {
      long bits = memory.read(address + (long) i * dtype.bytes(), dtype.bytes());
      elements[i] = FloatFormat.fromBits(dtype, bits);
    }
    return elements;
  }

  long[] intsAt(long address, DType dtype, int count) {
    long[] elements = new long[count];
    for (int i = 0; i < count; i++) {
      long bits = memory.read(address + (long) i * dtype.bytes(), dtype.bytes());
      elements[i] = IntegerMath.wrap(dtype, bits);
    }
    return elements;
  }
}
