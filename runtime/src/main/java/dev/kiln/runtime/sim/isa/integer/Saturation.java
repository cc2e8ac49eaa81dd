package dev.kiln.runtime.sim.isa.integer;

/** Clamps to the range of a type. */
final class Saturation {
  private Saturation() {}

  static long toS32(long value) {
    return Math.clamp(value, Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  /** To a number of up to 32 bits. */
  static long to(int bits, boolean signed, long value) {
    return signed
        ? Math.clamp(value, -1L << bits - 1, (1L << bits - 1) - 1)
        : Math.clamp(value, 0, (1L << bits) - 1);
  }
}
