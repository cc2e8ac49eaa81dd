package dev.kiln.runtime.sim.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A range of simulated memory: an allocation, a module's variable, a block's shared memory. It can
 * be found by its address while it is in a {@link RegionTable}.
 */
public final class Region {
  private final String name;
  private final long start;
  private final long size;
  private final MemorySegment bytes;
  private final boolean writable;
  private final MemorySegment written;

  /** The table that finds this region; {@code null} for one that is in none, or was freed. */
  RegionTable table;

  /** Variables in it that accesses must not leave; {@code null} where any byte will do. */
  VariableLayout variables;

  /** Whether {@link Backing} has to get the bytes back. */
  boolean owned;

  /** Whether it counts as memory of a launch. */
  boolean scratch;

  /** Who gave it back, for messages; {@code null} while it lives. */
  String freedBy;

  /** Whether accesses do not find it for a while. */
  boolean hidden;

  /**
   * @param name for messages: "buffer 3", "shared memory", "variable table"
   * @param start simulated address of the first byte, in its space
   * @param size in bytes
   * @param bytes what backs it, at least {@code size} bytes
   * @param writable whether kernels may write to it
   * @param written one byte for each byte of {@code bytes}, 1 once it has been written, else 0;
   *     {@code null} if that is not tracked
   */
  public Region(
      String name,
      long start,
      long size,
      MemorySegment bytes,
      boolean writable,
      MemorySegment written) {
    this.name = name;
    this.start = start;
    this.size = size;
    this.bytes = bytes;
    this.writable = writable;
    this.written = written;
  }

  public String name() {
    return name;
  }

  public long start() {
    return start;
  }

  public long size() {
    return size;
  }

  public MemorySegment bytes() {
    return bytes;
  }

  public boolean writable() {
    return writable;
  }

  public MemorySegment written() {
    return written;
  }

  /** Whether it has been given back. */
  public boolean freed() {
    return freedBy != null;
  }

  /**
   * Makes accesses outside of variables faults.
   *
   * @param layout {@code null} for any byte being as good as another
   */
  public void divide(VariableLayout layout) {
    variables = layout;
  }

  public boolean holds(long address, long length) {
    long offset = address - start;
    return offset >= 0 && offset <= size - length;
  }

  /** Whether it holds a range, and within one variable where it is divided. */
  public boolean allows(long address, long length) {
    return holds(address, length)
        && (variables == null || variables.holds(address - start, length));
  }

  /** Notes that bytes have been written. */
  public void markWritten(long offset, long length) {
    if (written != null) {
      written.asSlice(offset, length).fill((byte) 1);
    }
  }

  /** Whether every byte of a range has been written, as far as that is known. */
  public boolean allWritten(long offset, long length) {
    if (written == null) {
      return true;
    }
    for (long i = offset; i < offset + length; i++) {
      if (written.get(ValueLayout.JAVA_BYTE, i) == 0) {
        return false;
      }
    }
    return true;
  }

  @Override
  public String toString() {
    return "%s of %,d bytes".formatted(name, size);
  }
}
