package dev.kiln.compiler.ptx;

import dev.kiln.compiler.diagnostics.Location;

/**
 * A piece of a block's shared memory; where it lies is decided when all uses are known ({@code
 * SharedAllocation}). Compared by identity.
 */
public final class SharedSlot {
  private final long bytes;
  private final int alignment;
  private final String purpose;
  private final Location loc;
  private long offset = -1;

  /**
   * @param alignment a power of two, in bytes
   * @param purpose for messages: "operand a of the dot at line 12"
   */
  public SharedSlot(long bytes, int alignment, String purpose) {
    this(bytes, alignment, purpose, null);
  }

  /**
   * @param loc of what it was made for, or {@code null}
   */
  public SharedSlot(long bytes, int alignment, String purpose, Location loc) {
    this.loc = loc == null ? Location.UNKNOWN : loc;
    this.bytes = bytes;
    this.alignment = alignment;
    this.purpose = purpose;
  }

  public long bytes() {
    return bytes;
  }

  public int alignment() {
    return alignment;
  }

  public String purpose() {
    return purpose;
  }

  Location loc() {
    return loc;
  }

  /** From the start of the block's shared memory; fails before memory is laid out. */
  public long offset() {
    if (offset < 0) {
      throw new IllegalStateException("shared memory is not laid out: " + purpose);
    }
    return offset;
  }

  void place(long newOffset) {
    offset = newOffset;
  }
}
