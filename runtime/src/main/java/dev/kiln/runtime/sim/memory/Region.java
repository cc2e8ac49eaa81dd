package dev.kiln.runtime.sim.memory;

import java.lang.foreign.MemorySegment;

/**
 * A range of simulated memory: an allocation, a module's variable, a block's shared memory.
 *
 * @param name for messages: "buffer 3", "shared memory", "variable table"
 * @param start simulated address of the first byte
 * @param size in bytes
 * @param bytes what backs it, exactly {@code size} bytes
 * @param writable whether kernels may write to it
 * @param written one byte for each byte, not 0 once it has been written; {@code null} if that is not
 *     tracked
 */
public record Region(
    String name,
    long start,
    long size,
    MemorySegment bytes,
    boolean writable,
    MemorySegment written) {
  public boolean holds(long address, long length) {
    long offset = address - start;
    return offset >= 0 && offset <= size - length;
  }
}
