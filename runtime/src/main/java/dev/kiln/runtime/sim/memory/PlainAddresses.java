package dev.kiln.runtime.sim.memory;

import dev.kiln.runtime.sim.exec.Warp;

/** {@link Addresses} lane by lane, where the JVM was started without the Vector API. */
final class PlainAddresses extends Addresses {
  @Override
  boolean gather(long[] from, int base, long offset, int bytes, long[] to) {
    for (int lane = 0; lane < Warp.LANES; lane++) {
      to[lane] = from[base + lane] + offset;
    }
    return sideBySide(to, bytes);
  }

  @Override
  boolean gather(int[] from, int base, int offset, int bytes, long[] to) {
    for (int lane = 0; lane < Warp.LANES; lane++) {
      to[lane] = Integer.toUnsignedLong(from[base + lane] + offset);
    }
    return sideBySide(to, bytes);
  }

  @Override
  void span(long[] addresses, int mask, long[] to) {
    to[0] = Long.MAX_VALUE;
    to[1] = Long.MIN_VALUE;
    to[2] = 0;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      long address = addresses[Integer.numberOfTrailingZeros(rest)];
      to[0] = Math.min(to[0], address);
      to[1] = Math.max(to[1], address);
      to[2] |= address;
    }
  }
}
