package dev.kiln.compiler.jvm.support;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * Packed copies of one operand of matrix products, kept by a thread for the programs of a launch:
 * neighbouring programs multiply the same rows of {@code a} or the same columns of {@code b}.
 *
 * <p>A pool lies in scratch memory: a header of longs, a tag and a key for each copy, and the
 * copies. A copy is found by the whole description of its operand, so that what it is a copy of is
 * the same memory read in the same way. Where all places are taken, a new copy replaces a random
 * one: of what programs ask for in turn, more than there is room for, a part stays.
 */
public final class PanelPool {
  /** The counters, which stand apart: they are zero when a launch starts. */
  public static final int COUNTER_BYTES = 32;

  // Counters: copies, state of the random numbers, requests, requests met.
  private static final int COUNT = 0;
  private static final int RANDOM = 8;
  private static final int ASKED = 16;
  private static final int FOUND = 24;

  // The header.
  private static final int COUNTERS = 0;
  private static final int PLACES = 8;
  private static final int PLACE_BYTES = 16;
  private static final int HEADER_BYTES = 64;

  private static final int MOST_PLACES = 96;
  private static final int KEY_BYTES = 8 * DotDescriptor.OPERAND_SLOTS;

  /** A pool is asked so often for each of its places before it is given up as useless. */
  private static final int TRIALS = 3;

  private static final long ALIGNMENT = 64;
  private static final int BATCH_BITS = 18;
  private static final int DEPTH_BITS = 10;
  private static final int BLOCK_BITS = 24;

  private PanelPool() {}

  /** How many copies of a size a pool of about so many bytes has; 0 if that is too few. */
  public static int places(long budget, long placeBytes) {
    int places = (int) Math.min(MOST_PLACES, budget / align(placeBytes));
    return places < 2 ? 0 : places;
  }

  /** Size of a pool. */
  public static long bytes(int places, long placeBytes) {
    return directoryBytes(places) + places * align(placeBytes);
  }

  private static long directoryBytes(int places) {
    return align(HEADER_BYTES + (long) places * (8 + KEY_BYTES));
  }

  private static long align(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  /** Writes the header, before a product uses the pool. */
  public static void describe(
      MemorySegment anyMemory, long pool, long counters, int places, long placeBytes) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    memory.set(JAVA_LONG, pool + COUNTERS, counters);
    memory.set(JAVA_LONG, pool + PLACES, places);
    memory.set(JAVA_LONG, pool + PLACE_BYTES, align(placeBytes));
  }

  /** Whether copies are worth a place: always at first, then if some have been used again. */
  static boolean isUseful(MemorySegment anyMemory, long pool) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    long counters = memory.get(JAVA_LONG, pool + COUNTERS);
    long asked = memory.get(JAVA_LONG, counters + ASKED);
    long places = memory.get(JAVA_LONG, pool + PLACES);
    return asked < TRIALS * places || memory.get(JAVA_LONG, counters + FOUND) * 4 >= asked;
  }

  /** What, beside its operand, tells a block of a product from others. */
  static long tag(long site, int batch, int from, int depth) {
    long block = from / MicroKernel.DEPTH;
    return ((site << BATCH_BITS | batch) << DEPTH_BITS | depth) << BLOCK_BITS | block;
  }

  /**
   * The offset of a copy, or of a place for it.
   *
   * @param operand offset of the operand's slots in a descriptor
   * @return the offset, negated if there is no copy yet: the caller writes it
   */
  static long find(MemorySegment anyMemory, long pool, long operand, long tag) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    long counters = memory.get(JAVA_LONG, pool + COUNTERS);
    int count = (int) memory.get(JAVA_LONG, counters + COUNT);
    int places = (int) memory.get(JAVA_LONG, pool + PLACES);
    long tags = pool + HEADER_BYTES;
    long keys = tags + 8L * places;
    increment(memory, counters + ASKED);
    for (int i = 0; i < count; i++) {
      if (memory.get(JAVA_LONG, tags + 8L * i) == tag
          && isEqual(memory, keys + (long) i * KEY_BYTES, operand)) {
        increment(memory, counters + FOUND);
        return place(memory, pool, places, i);
      }
    }
    int i = count;
    if (count < places) {
      memory.set(JAVA_LONG, counters + COUNT, count + 1L);
    } else {
      i = random(memory, counters, places);
    }
    memory.set(JAVA_LONG, tags + 8L * i, tag);
    MemorySegment.copy(memory, operand, memory, keys + (long) i * KEY_BYTES, KEY_BYTES);
    return -place(memory, pool, places, i);
  }

  private static long place(MemorySegment anyMemory, long pool, int places, int i) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    return pool + directoryBytes(places) + i * memory.get(JAVA_LONG, pool + PLACE_BYTES);
  }

  private static void increment(MemorySegment memory, long counter) {
    memory.set(JAVA_LONG, counter, memory.get(JAVA_LONG, counter) + 1);
  }

  private static int random(MemorySegment memory, long counters, int places) {
    long state = memory.get(JAVA_LONG, counters + RANDOM) * 6364136223846793005L + 1;
    memory.set(JAVA_LONG, counters + RANDOM, state);
    return (int) ((state >>> 33) % places);
  }

  /** Compares addresses first, which mostly differ. */
  private static boolean isEqual(MemorySegment memory, long key, long operand) {
    long address = 8L * DotDescriptor.ADDRESS;
    if (memory.get(JAVA_LONG, key + address) != memory.get(JAVA_LONG, operand + address)) {
      return false;
    }
    for (long at = 0; at < KEY_BYTES; at += 8) {
      if (memory.get(JAVA_LONG, key + at) != memory.get(JAVA_LONG, operand + at)) {
        return false;
      }
    }
    return true;
  }
}
