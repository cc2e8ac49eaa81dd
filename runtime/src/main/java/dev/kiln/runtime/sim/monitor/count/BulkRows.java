package dev.kiln.runtime.sim.monitor.count;

/**
 * What one bulk operation has touched of global memory so far. A tensor's rows come in pieces, and
 * for a multicast once more for each block: neither makes more sectors.
 */
final class BulkRows {
  private static final int NONE = Integer.MIN_VALUE;

  private int firstBlock = NONE;
  private int block = NONE;
  private long lastSector = -1;

  /** The operation writes to the shared memory of a block. */
  void writesTo(int number) {
    block = number;
    if (firstBlock == NONE) {
      firstBlock = number;
    }
  }

  /** Whether what is read now has not been read for another block before. */
  boolean countsGlobal() {
    return block == firstBlock;
  }

  /** Sectors that a piece adds. */
  long sectors(long first, long last) {
    long count = last - first + 1;
    if (first == lastSector) {
      count--;
    }
    lastSector = last;
    return count;
  }

  /** The operation has ended. */
  void clear() {
    firstBlock = NONE;
    block = NONE;
    lastSector = -1;
  }
}
