package dev.kiln.tests.cuda.driver;

import java.lang.foreign.MemorySegment;

/** Pinned host memory: copies touch it when they run, not when they are queued. */
final class HostRange {
  private final DriverContext context;
  private final MemorySegment memory;
  private final boolean allocated;
  private Allocation mapped;

  /**
   * @param allocated by the driver, rather than registered with it
   */
  HostRange(DriverContext context, MemorySegment memory, boolean allocated) {
    this.context = context;
    this.memory = memory;
    this.allocated = allocated;
  }

  DriverContext context() {
    return context;
  }

  MemorySegment memory() {
    return memory;
  }

  long address() {
    return memory.address();
  }

  boolean isAllocated() {
    return allocated;
  }

  boolean holds(long address, long bytes) {
    long offset = address - address();
    return offset >= 0 && bytes >= 0 && offset <= memory.byteSize() - bytes;
  }

  /** How kernels reach it; {@code null} until somebody asks. */
  Allocation mapped() {
    return mapped;
  }

  void mapped(Allocation newMapped) {
    mapped = newMapped;
  }

  @Override
  public String toString() {
    return "%,d bytes of %s host memory"
        .formatted(memory.byteSize(), allocated ? "pinned" : "registered");
  }
}
