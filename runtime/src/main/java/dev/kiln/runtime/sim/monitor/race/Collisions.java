package dev.kiln.runtime.sim.monitor.race;

import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access;

/** Tells whether lanes of a warp access the same bytes in one instruction. */
final class Collisions {
  private static final int SLOTS = 4 * Warp.LANES;

  private final long[] addresses = new long[SLOTS];

  /** Of which access a slot holds an address. */
  private final int[] stamps = new int[SLOTS];

  private int stamp;

  /** Addresses are multiples of the bytes accessed, so that those that overlap are the same. */
  boolean any(Access access) {
    long last = Long.MIN_VALUE;
    boolean ascending = true;
    for (int rest = access.mask; rest != 0 && ascending; rest &= rest - 1) {
      long address = access.addresses[Integer.numberOfTrailingZeros(rest)];
      ascending = address > last;
      last = address;
    }
    return !ascending && anyEqual(access);
  }

  private boolean anyEqual(Access access) {
    stamp++;
    for (int rest = access.mask; rest != 0; rest &= rest - 1) {
      long address = access.addresses[Integer.numberOfTrailingZeros(rest)];
      int at = (int) (address * 0x9E37_79B9_7F4A_7C15L >>> 57);
      while (stamps[at] == stamp) {
        if (addresses[at] == address) {
          return true;
        }
        at = at + 1 & SLOTS - 1;
      }
      stamps[at] = stamp;
      addresses[at] = address;
    }
    return false;
  }
}
