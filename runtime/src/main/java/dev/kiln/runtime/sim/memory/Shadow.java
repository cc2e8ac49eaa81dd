package dev.kiln.runtime.sim.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What a region's {@link Region#written} holds: one byte for each byte, 1 once it was written. */
final class Shadow {
  private static final long ALL = 0x0101_0101_0101_0101L;

  private Shadow() {}

  static boolean isWritten(MemorySegment written, long offset, int length) {
    long all = ALL;
    int i = 0;
    for (; i <= length - 8; i += 8) {
      all &= written.get(ValueLayout.JAVA_LONG_UNALIGNED, offset + i);
    }
    if (length - i >= 4) {
      int four = written.get(ValueLayout.JAVA_INT_UNALIGNED, offset + i);
      all &= four | ALL << 32;
      i += 4;
    }
    for (; i < length; i++) {
      all &= written.get(ValueLayout.JAVA_BYTE, offset + i) | ALL << 8;
    }
    return all == ALL;
  }

  static void mark(MemorySegment written, long offset, int length) {
    int i = 0;
    for (; i <= length - 8; i += 8) {
      written.set(ValueLayout.JAVA_LONG_UNALIGNED, offset + i, ALL);
    }
    if (length - i >= 4) {
      written.set(ValueLayout.JAVA_INT_UNALIGNED, offset + i, (int) ALL);
      i += 4;
    }
    for (; i < length; i++) {
      written.set(ValueLayout.JAVA_BYTE, offset + i, (byte) 1);
    }
  }
}
