package dev.kiln.compiler.eval;

import java.util.List;

/** The memory that pointers point into. Little endian, addressed by byte, without alignment. */
public interface GlobalMemory {
  /**
   * Reads 1, 2, 4 or 8 bytes; the upper bits of the result are 0.
   *
   * @throws IndexOutOfBoundsException if they are not all in one allocation; the message says where
   *     the address lies
   */
  long read(long address, int bytes);

  /**
   * Writes the low 1, 2, 4 or 8 bytes of the value.
   *
   * @throws IndexOutOfBoundsException as {@link #read}
   */
  void write(long address, int bytes, long value);

  /** The ranges that may be accessed. They may overlap where two arguments point to one buffer. */
  List<Allocation> allocations();
}
