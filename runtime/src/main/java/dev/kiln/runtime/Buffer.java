package dev.kiln.runtime;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A piece of a device's memory. Its start is 64-byte aligned unless it wraps foreign memory or is a
 * slice. Closing it gives the memory back; closing twice does nothing. Not safe for use by several
 * threads while it is being closed.
 */
public interface Buffer extends AutoCloseable {
  /** The device whose kernels can reach this memory. */
  Device device();

  /** The address that kernels see. */
  long address();

  /** Size in bytes. */
  long size();

  /** Whether the memory went back; arrays over it can no longer be used. */
  boolean isClosed();

  /**
   * Copies host memory into this buffer, ordered after the launches before it.
   *
   * @throws DeviceMemoryException if {@code offset} and the source's size exceed this buffer, or it
   *     is closed
   */
  void copyFrom(MemorySegment source, long offset);

  /**
   * Copies a part of this buffer to host memory, which it fills, after the launches before it have
   * finished.
   */
  void copyTo(MemorySegment target, long offset);

  /**
   * Copies another buffer's bytes into this one, ordered after the launches before it; by default
   * through host memory.
   *
   * @throws DeviceMemoryException if {@code offset} and the source's size exceed this buffer, or
   *     one of them is closed
   */
  default void copyFrom(Buffer source, long offset) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocate(source.size());
      source.copyTo(bytes, 0);
      copyFrom(bytes, offset);
    }
  }

  /** Sets every byte. */
  void fill(byte value);

  /**
   * This buffer's bytes in host memory, without a copy.
   *
   * @throws KilnException on devices whose memory the host cannot see
   */
  MemorySegment segment();

  /** A part of this buffer, valid while this buffer is; closing it does nothing. */
  Buffer slice(long offset, long size);

  @Override
  void close();
}
