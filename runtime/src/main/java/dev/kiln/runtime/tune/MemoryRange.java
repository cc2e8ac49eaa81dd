package dev.kiln.runtime.tune;

import dev.kiln.runtime.Buffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Bytes of a device's memory by their addresses. */
public record MemoryRange(long start, long size) {
  public static MemoryRange of(Buffer buffer) {
    return new MemoryRange(buffer.address(), buffer.size());
  }

  public long end() {
    return start + size;
  }

  public boolean overlaps(MemoryRange other) {
    return start < other.end() && other.start < end();
  }

  public boolean contains(MemoryRange other) {
    return start <= other.start && other.end() <= end();
  }

  /** The same bytes in ranges that do not overlap, by their addresses. */
  public static List<MemoryRange> merged(Collection<MemoryRange> ranges) {
    List<MemoryRange> sorted = new ArrayList<>(ranges);
    sorted.sort(Comparator.comparingLong(MemoryRange::start));
    List<MemoryRange> merged = new ArrayList<>();
    for (MemoryRange range : sorted) {
      if (!merged.isEmpty() && merged.getLast().overlaps(range)) {
        MemoryRange last = merged.removeLast();
        long end = Math.max(last.end(), range.end());
        merged.add(new MemoryRange(last.start, end - last.start));
      } else {
        merged.add(range);
      }
    }
    return merged;
  }
}
