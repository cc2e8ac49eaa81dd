package dev.kiln.runtime.sim.memory;

import dev.kiln.runtime.cpu.VectorSupport;
import dev.kiln.runtime.sim.exec.Warp;

/** Addresses of all 32 lanes at once. */
abstract sealed class Addresses permits PlainAddresses, VectorAddresses {
  /** In vectors, if the JVM was started with the Vector API. */
  static Addresses ofMachine() {
    return VectorSupport.isAvailable() ? new VectorAddresses() : new PlainAddresses();
  }

  /**
   * Copies addresses from 64-bit registers, an offset added.
   *
   * @return whether each is {@code bytes} beyond the one before
   */
  abstract boolean gather(long[] from, int base, long offset, int bytes, long[] to);

  /** The same from 32-bit registers; addresses wrap around at 32 bits. */
  abstract boolean gather(int[] from, int base, int offset, int bytes, long[] to);

  /**
   * The lowest and the highest address of some lanes, and their bits or-ed together.
   *
   * @param to three numbers
   */
  abstract void span(long[] addresses, int mask, long[] to);

  /** Whether each address is {@code bytes} beyond the one before. */
  static boolean sideBySide(long[] addresses, int bytes) {
    long difference = 0;
    for (int lane = 1; lane < Warp.LANES; lane++) {
      difference |= addresses[lane] - addresses[lane - 1] - bytes;
    }
    return difference == 0;
  }
}
