package dev.kiln.runtime.sim.monitor.count;

import dev.kiln.runtime.sim.exec.Warp;
import java.util.Arrays;

/**
 * Sectors of 32 bytes that a request touches: the unit in which caches and memory are read and
 * written from sm_30 on. An object belongs to one thread.
 */
final class Sectors {
  static final int SHIFT = 5;
  static final int BYTES = 1 << SHIFT;

  /** A vector of 32 bytes has eight words of local memory, each in a sector of its own. */
  private static final int MOST = 8 * Warp.LANES;

  private final long[] scratch = new long[MOST];

  /** As few sectors as can hold so many bytes. */
  static long ideal(long bytes) {
    return bytes + BYTES - 1 >>> SHIFT;
  }

  /**
   * Counts the sectors of a request.
   *
   * @param addresses for each lane
   * @param mask lanes that take part
   * @param bytes of each lane, 32 at most
   * @param reads receives the sectors; {@code null} if nothing is read
   * @param writes receives the sectors; {@code null} if nothing is written
   */
  int global(long[] addresses, int mask, int bytes, SectorSet reads, SectorSet writes) {
    if (mask == Warp.FULL && sideBySide(addresses, bytes)) {
      long first = addresses[0] >>> SHIFT;
      long last = addresses[0] + (long) Warp.LANES * bytes - 1 >>> SHIFT;
      note(first, last, reads, writes);
      return (int) (last - first) + 1;
    }
    int count = 0;
    long previous = -1;
    boolean ascending = true;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      long address = addresses[Integer.numberOfTrailingZeros(rest)];
      long last = address + bytes - 1 >>> SHIFT;
      for (long sector = address >>> SHIFT; sector <= last; sector++) {
        if (sector != previous) {
          ascending &= sector > previous;
          previous = sector;
          scratch[count++] = sector;
          note(sector, sector, reads, writes);
        }
      }
    }
    return ascending ? count : distinct(count);
  }

  /**
   * Counts the sectors of a request to local memory, whose 32-bit words lie side by side for the
   * lanes of a warp (CUDA C++ Programming Guide, "Local Memory").
   *
   * @param addresses for each lane, in its own local memory
   */
  int local(long[] addresses, int mask, int bytes) {
    long common = addresses[Integer.numberOfTrailingZeros(mask)];
    boolean same = true;
    int count = 0;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      same &= addresses[lane] == common;
      long last = addresses[lane] + bytes - 1 >>> 2;
      for (long word = addresses[lane] >>> 2; word <= last; word++) {
        scratch[count++] = word * Warp.LANES + lane >>> 3;
      }
    }
    return same ? words(common, bytes) * eights(mask) : distinct(count);
  }

  private static int words(long address, int bytes) {
    return (int) ((address + bytes - 1 >>> 2) - (address >>> 2)) + 1;
  }

  /** Groups of eight lanes of which some take part: their words share a sector. */
  private static int eights(int mask) {
    int count = 0;
    for (int group = mask; group != 0; group >>>= 8) {
      count += (group & 0xff) != 0 ? 1 : 0;
    }
    return count;
  }

  /** Counts distinct addresses. */
  int addresses(long[] addresses, int mask) {
    int count = 0;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      long address = addresses[Integer.numberOfTrailingZeros(rest)];
      if (count == 0 || scratch[count - 1] != address) {
        scratch[count++] = address;
      }
    }
    return distinct(count);
  }

  private static void note(long first, long last, SectorSet reads, SectorSet writes) {
    if (reads != null) {
      reads.add(first, last);
    }
    if (writes != null) {
      writes.add(first, last);
    }
  }

  private static boolean sideBySide(long[] addresses, int bytes) {
    long first = addresses[0];
    long apart = 0;
    for (int lane = 0; lane < Warp.LANES; lane++) {
      apart |= addresses[lane] - first ^ (long) lane * bytes;
    }
    return apart == 0;
  }

  /** Sorts the scratch and moves what is distinct to the front. */
  private int distinct(int count) {
    if (count <= 1) {
      return count;
    }
    Arrays.sort(scratch, 0, count);
    int kept = 1;
    for (int i = 1; i < count; i++) {
      if (scratch[i] != scratch[kept - 1]) {
        scratch[kept++] = scratch[i];
      }
    }
    return kept;
  }
}
