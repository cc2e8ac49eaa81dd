package dev.kiln.compiler.eval;

import java.util.List;

/** Knows of every byte of global memory whether anything was ever written there. */
public final class ShadowMemory {
  private final List<Region> regions;

  private ShadowMemory(List<Region> regions) {
    this.regions = regions;
  }

  /** At first, all of an initialised allocation counts as written and nothing of others. */
  public static ShadowMemory of(List<Allocation> allocations) {
    return new ShadowMemory(allocations.stream().map(Region::new).toList());
  }

  /** To be told of writes from elsewhere, such as copies by the host. */
  public void markWritten(long address, long bytes) {
    for (Region region : regions) {
      region.mark(address, bytes);
    }
  }

  /** Whether all the bytes have been written. True for memory of which nothing is known. */
  public boolean isWritten(long address, int bytes) {
    boolean known = false;
    for (Region region : regions) {
      if (region.allocation.contains(address, bytes)) {
        known = true;
        if (region.isWritten(address, bytes)) {
          return true;
        }
      }
    }
    return !known;
  }

  private static final class Region {
    final Allocation allocation;
    final long[] written; // a bit for each byte; null where all of it was written

    Region(Allocation allocation) {
      this.allocation = allocation;
      this.written =
          allocation.initialised()
              ? null
              : new long[Math.toIntExact((allocation.size() + 63) / 64)];
    }

    void mark(long address, long bytes) {
      if (written == null) {
        return;
      }
      long first = Math.max(address, allocation.address()) - allocation.address();
      long end = Math.min(address + bytes, allocation.end()) - allocation.address();
      for (long i = first; i < end; i++) {
        written[(int) (i >>> 6)] |= 1L << i;
      }
    }

    boolean isWritten(long address, int bytes) {
      if (written == null) {
        return true;
      }
      long first = address - allocation.address();
      for (long i = first; i < first + bytes; i++) {
        if ((written[(int) (i >>> 6)] >>> i & 1) == 0) {
          return false;
        }
      }
      return true;
    }
  }
}
