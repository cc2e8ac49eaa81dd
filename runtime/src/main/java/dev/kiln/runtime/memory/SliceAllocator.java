package dev.kiln.runtime.memory;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Hands out ranges of {@code 0..capacity}: best fit, lowest offset first, neighbours merged when
 * they are freed. Not thread-safe.
 *
 * <p>Ranges start at multiples of 64 bytes and are followed by at least 64 unused bytes, so that a
 * vector access at the end of a tile stays in the slab and two ranges never share a cache line.
 */
final class SliceAllocator {
  static final long ALIGNMENT = 64;
  private static final long PADDING = 64;

  private final long capacity;

  /** Free ranges by offset. */
  private final TreeMap<Long, Long> freeByOffset = new TreeMap<>();

  /** Offsets of free ranges by size. */
  private final TreeMap<Long, TreeSet<Long>> freeBySize = new TreeMap<>();

  private final Map<Long, Long> used = new HashMap<>();
  private long inUse;
  private long peak;

  SliceAllocator(long capacity) {
    this.capacity = capacity / ALIGNMENT * ALIGNMENT;
    addFree(0, this.capacity);
  }

  /** The offset of a free range of at least {@code bytes}, or -1 if there is none. */
  long allocate(long bytes) {
    if (bytes > capacity - PADDING) {
      return -1;
    }
    long size = (bytes + PADDING + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    var fit = freeBySize.ceilingEntry(size);
    if (fit == null) {
      return -1;
    }
    long offset = fit.getValue().first();
    long available = fit.getKey();
    removeFree(offset, available);
    if (available > size) {
      addFree(offset + size, available - size);
    }
    used.put(offset, size);
    inUse += size;
    peak = Math.max(peak, inUse);
    return offset;
  }

  void free(long offset) {
    Long size = used.remove(offset);
    if (size == null) {
      throw new IllegalArgumentException("not allocated: " + offset);
    }
    inUse -= size;
    long start = offset;
    long end = offset + size;
    var before = freeByOffset.lowerEntry(offset);
    if (before != null && before.getKey() + before.getValue() == start) {
      start = before.getKey();
      removeFree(start, before.getValue());
    }
    Long after = freeByOffset.get(end);
    if (after != null) {
      removeFree(end, after);
      end += after;
    }
    addFree(start, end - start);
  }

  long inUse() {
    return inUse;
  }

  long peak() {
    return peak;
  }

  long capacity() {
    return capacity;
  }

  private void addFree(long offset, long size) {
    freeByOffset.put(offset, size);
    TreeSet<Long> offsets = freeBySize.get(size);
    if (offsets == null) {
      offsets = new TreeSet<>();
      freeBySize.put(size, offsets);
    }
    offsets.add(offset);
  }

  private void removeFree(long offset, long size) {
    freeByOffset.remove(offset);
    var offsets = freeBySize.get(size);
    offsets.remove(offset);
    if (offsets.isEmpty()) {
      freeBySize.remove(size);
    }
  }
}
