package dev.kiln.compiler.jvm.support;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;

/**
 * Moves the lanes of a vector between places of their own in memory and a buffer, from or to which
 * the caller moves the vector. In a buffer, elements of up to four bytes take four, sign-extended;
 * others take eight. Only lanes whose bit is set in {@code mask} take part; reading gives 0 for the
 * others. Lanes are written in ascending order.
 */
public final class Lanes {
  private Lanes() {}

  private static void read(MemorySegment anyMemory, long offset, int bytes, long buffer, int lane) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    switch (bytes) {
      case 1 -> memory.set(JAVA_INT_UNALIGNED, buffer + 4L * lane, memory.get(JAVA_BYTE, offset));
      case 2 ->
          memory.set(
              JAVA_INT_UNALIGNED, buffer + 4L * lane, memory.get(JAVA_SHORT_UNALIGNED, offset));
      case 4 ->
          memory.set(
              JAVA_INT_UNALIGNED, buffer + 4L * lane, memory.get(JAVA_INT_UNALIGNED, offset));
      default ->
          memory.set(
              JAVA_LONG_UNALIGNED, buffer + 8L * lane, memory.get(JAVA_LONG_UNALIGNED, offset));
    }
  }

  private static void clear(MemorySegment anyMemory, int bytes, long buffer, int lane) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    if (bytes == 8) {
      memory.set(JAVA_LONG_UNALIGNED, buffer + 8L * lane, 0);
    } else {
      memory.set(JAVA_INT_UNALIGNED, buffer + 4L * lane, 0);
    }
  }

  private static void write(
      MemorySegment anyMemory, long offset, int bytes, long buffer, int lane) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    switch (bytes) {
      case 1 ->
          memory.set(JAVA_BYTE, offset, (byte) memory.get(JAVA_INT_UNALIGNED, buffer + 4L * lane));
      case 2 ->
          memory.set(
              JAVA_SHORT_UNALIGNED,
              offset,
              (short) memory.get(JAVA_INT_UNALIGNED, buffer + 4L * lane));
      case 4 ->
          memory.set(
              JAVA_INT_UNALIGNED, offset, memory.get(JAVA_INT_UNALIGNED, buffer + 4L * lane));
      default ->
          memory.set(
              JAVA_LONG_UNALIGNED, offset, memory.get(JAVA_LONG_UNALIGNED, buffer + 8L * lane));
    }
  }

  private static boolean isSet(long mask, int lane) {
    return (mask >>> lane & 1) != 0;
  }

  /** Reads elements {@code stride} bytes apart. */
  public static void loadStrided(
      MemorySegment anyMemory,
      long offset,
      long stride,
      int bytes,
      long buffer,
      int lanes,
      long mask) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    for (int lane = 0; lane < lanes; lane++) {
      if (isSet(mask, lane)) {
        read(memory, offset + lane * stride, bytes, buffer, lane);
      } else {
        clear(memory, bytes, buffer, lane);
      }
    }
  }

  public static void storeStrided(
      MemorySegment anyMemory,
      long offset,
      long stride,
      int bytes,
      long buffer,
      int lanes,
      long mask) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    for (int lane = 0; lane < lanes; lane++) {
      if (isSet(mask, lane)) {
        write(memory, offset + lane * stride, bytes, buffer, lane);
      }
    }
  }

  /**
   * Reads elements at {@code offset} plus what a vector of longs says.
   *
   * @param index offset of the vector's entry for lane 0
   */
  public static void loadIndexed(
      MemorySegment anyMemory,
      long offset,
      long index,
      int bytes,
      long buffer,
      int lanes,
      long mask) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    for (int lane = 0; lane < lanes; lane++) {
      if (isSet(mask, lane)) {
        long at = offset + memory.get(JAVA_LONG_UNALIGNED, index + 8L * lane);
        read(memory, at, bytes, buffer, lane);
      } else {
        clear(memory, bytes, buffer, lane);
      }
    }
  }

  public static void storeIndexed(
      MemorySegment anyMemory,
      long offset,
      long index,
      int bytes,
      long buffer,
      int lanes,
      long mask) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    for (int lane = 0; lane < lanes; lane++) {
      if (isSet(mask, lane)) {
        long at = offset + memory.get(JAVA_LONG_UNALIGNED, index + 8L * lane);
        write(memory, at, bytes, buffer, lane);
      }
    }
  }

  /**
   * Reads elements {@code stride} bytes apart, plus as many elements as a vector of ints says.
   *
   * @param index offset of the ints
   */
  public static void loadElements(
      MemorySegment anyMemory,
      long offset,
      long stride,
      long index,
      int bytes,
      long buffer,
      int lanes) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    for (int lane = 0; lane < lanes; lane++) {
      long elements = memory.get(JAVA_INT_UNALIGNED, index + 4L * lane);
      read(memory, offset + lane * stride + bytes * elements, bytes, buffer, lane);
    }
  }

  /** As {@link #loadElements}, with longs. */
  public static void loadElementsByLong(
      MemorySegment anyMemory,
      long offset,
      long stride,
      long index,
      int bytes,
      long buffer,
      int lanes) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    for (int lane = 0; lane < lanes; lane++) {
      long elements = memory.get(JAVA_LONG_UNALIGNED, index + 8L * lane);
      read(memory, offset + lane * stride + bytes * elements, bytes, buffer, lane);
    }
  }
}
