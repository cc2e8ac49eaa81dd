package dev.kiln.compiler.jvm.support;

import java.lang.foreign.MemorySegment;

/**
 * Memory outside of the Java heap, where all data of kernels lies.
 *
 * <p>Interpreted operations of the Vector API go through segments on the heap, so that the JIT's
 * profiles of memory accesses hold both classes of segments, and it would call methods of either in
 * each access: ten times as slow, and only in some runs. All methods whose loops access memory
 * therefore say at their start which class they have.
 */
public final class NativeMemory {
  /** The class of all segments outside of the heap. */
  public static final Class<?> CLASS = MemorySegment.NULL.getClass();

  private NativeMemory() {}

  /** The segment, whose class the JIT knows from here on. */
  static MemorySegment known(MemorySegment memory) {
    return (MemorySegment) CLASS.cast(memory);
  }
}
