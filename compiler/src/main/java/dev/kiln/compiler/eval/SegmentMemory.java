package dev.kiln.compiler.eval;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Global memory that consists of {@link MemorySegment}s, each at an address of its own. */
public final class SegmentMemory implements GlobalMemory {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final List<Allocation> allocations = new ArrayList<>();
  private final List<MemorySegment> segments = new ArrayList<>();
  private int last; // the allocation that was accessed last, where the next access likely is

  /**
   * Memory that is a part of one segment.
   *
   * @param base address of the segment's first byte
   * @param allocations what may be accessed; all within the segment
   */
  public static SegmentMemory within(MemorySegment arena, long base, List<Allocation> allocations) {
    var memory = new SegmentMemory();
    for (Allocation allocation : allocations) {
      memory.add(allocation, arena.asSlice(allocation.address() - base, allocation.size()));
    }
    return memory;
  }

  /** Adds a range whose bytes are the segment's; {@code segment} has the allocation's size. */
  public void add(Allocation allocation, MemorySegment segment) {
    if (segment.byteSize() != allocation.size()) {
      throw new IllegalArgumentException(
          "segment of %d bytes for %s".formatted(segment.byteSize(), allocation.describe()));
    }
    allocations.add(allocation);
    segments.add(segment);
  }

  @Override
  public List<Allocation> allocations() {
    return List.copyOf(allocations);
  }

  @Override
  public long read(long address, int bytes) {
    MemorySegment segment = segments.get(find(address, bytes));
    long offset = address - allocations.get(last).address();
    return switch (bytes) {
      case 1 -> segment.get(ValueLayout.JAVA_BYTE, offset) & 0xffL;
      case 2 -> segment.get(SHORT, offset) & 0xffffL;
      case 4 -> segment.get(INT, offset) & 0xffff_ffffL;
      case 8 -> segment.get(LONG, offset);
      default -> throw new IllegalArgumentException(bytes + " bytes");
    };
  }

  @Override
  public void write(long address, int bytes, long value) {
    MemorySegment segment = segments.get(find(address, bytes));
    long offset = address - allocations.get(last).address();
    switch (bytes) {
      case 1 -> segment.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
      case 2 -> segment.set(SHORT, offset, (short) value);
      case 4 -> segment.set(INT, offset, (int) value);
      case 8 -> segment.set(LONG, offset, value);
      default -> throw new IllegalArgumentException(bytes + " bytes");
    }
  }

  private int find(long address, int bytes) {
    if (last < allocations.size() && allocations.get(last).contains(address, bytes)) {
      return last;
    }
    for (int i = 0; i < allocations.size(); i++) {
      if (allocations.get(i).contains(address, bytes)) {
        last = i;
        return i;
      }
    }
    throw new IndexOutOfBoundsException(where(allocations, address, bytes));
  }

  /** Says where an access outside all allocations lies, by the nearest of them. */
  static String where(List<Allocation> allocations, long address, int bytes) {
    return allocations.stream()
        .min(java.util.Comparator.comparingLong(a -> a.distance(address)))
        .map(nearest -> nearest.relation(address, bytes))
        .orElse("no memory is allocated");
  }
}
