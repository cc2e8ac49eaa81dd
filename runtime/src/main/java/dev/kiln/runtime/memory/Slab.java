package dev.kiln.runtime.memory;

import dev.kiln.runtime.DeviceMemoryException;
import java.lang.foreign.MemorySegment;

/**
 * One range of memory from which a device's buffers, arguments and scratch memory are cut.
 * Thread-safe.
 */
public final class Slab {
  private final MemorySegment segment;
  private final SliceAllocator allocator;

  private Slab(MemorySegment segment) {
    this.segment = segment;
    this.allocator = new SliceAllocator(segment.byteSize());
  }

  /** A slab that may grow to three quarters of the machine's memory. */
  public static Slab ofDefaultSize() {
    return ofSize(ReservedMemory.defaultCapacity());
  }

  public static Slab ofSize(long bytes) {
    return new Slab(ReservedMemory.reserve(bytes));
  }

  /** All of it. Every address of the device lies in it. */
  public MemorySegment segment() {
    return segment;
  }

  /** Address of the first byte. */
  public long base() {
    return segment.address();
  }

  /**
   * The address of a free range, 64-byte aligned, with undefined content.
   *
   * @throws DeviceMemoryException if there is none
   */
  public synchronized long allocate(long bytes) {
    if (bytes < 0) {
      throw new DeviceMemoryException("a buffer cannot have a negative size: " + bytes);
    }
    long offset = allocator.allocate(bytes);
    if (offset < 0) {
      throw new DeviceMemoryException(
          "out of memory: %,d bytes wanted, %,d of %,d in use"
              .formatted(bytes, allocator.inUse(), allocator.capacity()));
    }
    return base() + offset;
  }

  public synchronized void free(long address) {
    allocator.free(address - base());
  }

  public synchronized long inUse() {
    return allocator.inUse();
  }

  public synchronized long peak() {
    return allocator.peak();
  }

  /** The bytes at an address that {@link #allocate} returned. */
  public MemorySegment slice(long address, long size) {
    return segment.asSlice(address - base(), size);
  }
}
