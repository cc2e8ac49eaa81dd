package dev.kiln.runtime.sim.monitor.count;

import dev.kiln.runtime.sim.exec.Warp;

/** Collects what the lanes of one {@code cp.async} read: some may read less than others. */
final class CopyGather {
  private final long[] addresses = new long[Warp.LANES];
  private final int[] bytes = new int[Warp.LANES];
  private int mask;
  private long total;
  private boolean even;

  /** Lanes that read so many bytes. */
  void add(long[] from, int lanes, int count) {
    even = mask == 0 || even && bytes[Integer.numberOfTrailingZeros(mask)] == count;
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      addresses[lane] = from[lane];
      bytes[lane] = count;
    }
    mask |= lanes;
    total += (long) Integer.bitCount(lanes) * count;
  }

  /** Bytes of all lanes. */
  long total() {
    return total;
  }

  /** The sectors that all lanes touch. */
  int sectors(Sectors sectors, SectorSet reads) {
    if (mask == 0) {
      return 0;
    }
    int size = even ? bytes[Integer.numberOfTrailingZeros(mask)] : 1;
    // A copy is aligned to its size: what lanes read less does not reach another sector.
    return sectors.global(addresses, mask, size, reads, null);
  }

  void clear() {
    mask = 0;
    total = 0;
  }
}
