package dev.kiln.compiler.jvm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What a generated class is: the code of one kernel. An instance has no state, so threads share it.
 */
public abstract class ProgramBody {
  /** Bytes at the start of scratch memory that are zero when a launch starts. */
  static final int SCRATCH_HEADER = 64;

  /**
   * Runs some program instances of a launch, one after the other in ascending order of {@code x +
   * gridX * (y + gridY * z)}.
   *
   * @param memory the memory that holds every buffer, the arguments and the scratch memory; not on
   *     the Java heap
   * @param memoryBase the address of the first byte of {@code memory}: an address {@code a} is at
   *     offset {@code a - memoryBase}
   * @param arguments address of the argument block: 8 bytes each, in the order of the parameters
   * @param scratch address of this thread's scratch memory, 64-byte aligned; {@link #clearScratch}
   *     has been called when the thread runs programs of a launch for the first time
   * @param first linear index of the first program
   * @param end linear index after the last
   * @throws IndexOutOfBoundsException if a program accesses an address outside {@code memory}
   */
  public abstract void run(
      MemorySegment memory,
      long memoryBase,
      long arguments,
      long scratch,
      int first,
      int end,
      int gridX,
      int gridY,
      int gridZ);

  /** Prepares a thread's scratch memory for a launch. */
  public static void clearScratch(MemorySegment memory, long offset) {
    for (int at = 0; at < SCRATCH_HEADER; at += Long.BYTES) {
      memory.set(ValueLayout.JAVA_LONG, offset + at, 0);
    }
  }
}
