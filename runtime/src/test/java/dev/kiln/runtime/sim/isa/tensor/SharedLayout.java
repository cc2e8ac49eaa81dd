package dev.kiln.runtime.sim.isa.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A matrix in shared memory by the table of canonical layouts, PTX ISA 9.7.15.5.1.2.1.3, read as
 * shapes and strides.
 *
 * @param across whether it is MN-major
 * @param swizzle width in bytes; 16 for none
 * @param bits of an element
 * @param leading byte offset
 * @param stride byte offset
 */
record SharedLayout(boolean across, int swizzle, int bits, int start, int leading, int stride) {
  /** The descriptor's bits. */
  long descriptor() {
    long mode =
        switch (swizzle) {
          case 128 -> 1;
          case 64 -> 2;
          case 32 -> 3;
          default -> 0;
        };
    return encode(start)
        | encode(leading) << 16
        | encode(stride) << 32
        | (long) base() << 49
        | mode << 62;
  }

  private static long encode(long value) {
    return (value & 0x3ffff) >> 4;
  }

  /** Not 0 where the pattern starts away from its own boundary. */
  private int base() {
    return swizzle == 16 || start % (8 * swizzle) < swizzle ? 0 : start >> 7 & 7;
  }

  private long element(int mn, int k) {
    int t = 128 / bits;
    int w = swizzle / 16;
    long lbo = leading * 8L / bits;
    long sbo = stride * 8L / bits;
    if (across) {
      return swizzle == 16
          // ((T,1,m),(8,k)):((1,T,SBO),(1T,LBO))
          ? mn % t + mn / t * sbo + k % 8 * (long) t + k / 8 * lbo
          // ((T,w,m),(8,k)):((1,T,LBO),(wT,SBO))
          : mn % t + mn / t % w * t + mn / t / w * lbo + k % 8 * (long) w * t + k / 8 * sbo;
    }
    return swizzle == 16
        // ((8,m),(T,2k)):((1T,SBO),(1,LBO))
        ? mn % 8 * t + mn / 8 * sbo + k % t + k / t * lbo
        // ((8,m),(T,2k)):((wT,SBO),(1,T))
        : mn % 8 * (long) w * t + mn / 8 * sbo + k % t + k / t * t;
  }

  /** Address of an element's first bit. */
  private long bitAddress(int mn, int k) {
    long bit = start * 8L + element(mn, k) * bits;
    long address = bit / 8;
    // Swizzle<b,4,3>: bits 7 and up are combined with bits 4 and up.
    int mask = swizzle / 16 - 1;
    long pattern = base() == 0 ? address : address - start;
    return (address ^ (pattern >> 7 & mask) << 4) * 8 + bit % 8;
  }

  void write(MemorySegment bytes, int mn, int k, long value) {
    long at = bitAddress(mn, k);
    if (bits == 1) {
      byte old = bytes.get(ValueLayout.JAVA_BYTE, at / 8);
      int mask = 1 << at % 8;
      bytes.set(ValueLayout.JAVA_BYTE, at / 8, (byte) (value != 0 ? old | mask : old & ~mask));
      return;
    }
    for (int i = 0; i < bits / 8; i++) {
      bytes.set(ValueLayout.JAVA_BYTE, at / 8 + i, (byte) (value >>> 8 * i));
    }
  }
}
