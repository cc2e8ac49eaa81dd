package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.CUDA_ERROR_ILLEGAL_ADDRESS;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.sim.SimBuffer;
import java.lang.foreign.MemorySegment;

/**
 * Memory of a GPU. What the program has allocated and freed by its calls is one thing; what is
 * there when work runs, another: both follow the order of a stream.
 */
final class Allocation {
  /** Who frees it. */
  enum Kind {
    /** By {@code cuMemAlloc}. */
    PLAIN,
    /** From a pool, in the order of a stream. */
    POOLED,
    /** By a node of a graph. */
    GRAPH,
    /** A variable of a module. */
    VARIABLE,
    /** Host memory as a GPU sees it. */
    HOST
  }

  private final DriverContext context;
  private final Kind kind;
  private final Buffer buffer;
  private final MemoryPool pool;
  private final long bytes;
  private boolean held = true;
  private boolean present = true;

  /**
   * @param pool {@code null} if it is of none
   */
  Allocation(DriverContext context, Kind kind, Buffer buffer, long bytes, MemoryPool pool) {
    this.context = context;
    this.kind = kind;
    this.buffer = buffer;
    this.bytes = bytes;
    this.pool = pool;
  }

  DriverContext context() {
    return context;
  }

  Kind kind() {
    return kind;
  }

  MemoryPool pool() {
    return pool;
  }

  long address() {
    return buffer.address();
  }

  long bytes() {
    return bytes;
  }

  boolean holds(long address, long length) {
    long offset = address - address();
    return offset >= 0 && length >= 0 && offset <= bytes - length;
  }

  /** Whether the program's calls up to now have allocated and not freed it. */
  boolean isHeld() {
    return held;
  }

  void hold(boolean newHeld) {
    held = newHeld;
  }

  /** Whether work that runs now finds it. */
  boolean isPresent() {
    return present;
  }

  /** Lets work find it, with undefined content, or not find it any more. */
  void present(boolean newPresent) {
    present = newPresent;
    ((SimBuffer) buffer).show(newPresent);
  }

  /** Gives the simulated memory back. */
  void destroy() {
    present = false;
    buffer.close();
    if (pool != null) {
      pool.gave(bytes);
    }
  }

  void write(MemorySegment source, long address) {
    requirePresent("writes", address);
    buffer.copyFrom(source, address - address());
  }

  void read(MemorySegment target, long address) {
    requirePresent("reads", address);
    buffer.copyTo(target, address - address());
  }

  private void requirePresent(String what, long address) {
    if (!present) {
      throw new DriverError(
          CUDA_ERROR_ILLEGAL_ADDRESS(),
          "%s 0x%x in %s, which is not allocated at this time of its stream"
              .formatted(what, address, this));
    }
  }

  @Override
  public String toString() {
    return "%,d bytes at 0x%x of GPU %d".formatted(bytes, address(), context.gpu().ordinal());
  }
}
