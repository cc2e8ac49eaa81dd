package dev.kiln.runtime.sim.isa.convert;

import dev.kiln.runtime.sim.isa.floating.Rounding;
import dev.kiln.runtime.sim.ptx.PtxType;

/** Integers as numbers: from bits, to bits, clamped, and to and from {@code double}. */
final class IntegerNumbers {
  private static final int SIGNIFICAND = 53;
  private static final double TWO_63 = 0x1p63;

  private IntegerNumbers() {}

  /** The value of the low bits of a register; of {@code .u64}, its bits. */
  static long value(PtxType type, long register) {
    int unused = 64 - type.bits();
    return type.isSigned() ? register << unused >> unused : register << unused >>> unused;
  }

  /** The nearest value of a type to that of another: {@code .sat}. */
  static long clamp(PtxType from, PtxType to, long value) {
    boolean beyondLong = from.isUnsigned() && value < 0;
    if (to == PtxType.U64) {
      return beyondLong || value >= 0 ? value : 0;
    }
    return beyondLong ? largest(to) : Math.max(smallest(to), Math.min(largest(to), value));
  }

  private static long largest(PtxType type) {
    return type.isSigned() ? (1L << (type.bits() - 1)) - 1 : -1L >>> (64 - type.bits());
  }

  private static long smallest(PtxType type) {
    return type.isSigned() ? -1L << (type.bits() - 1) : 0;
  }

  /**
   * The value of a type nearest to a number that is integral; see "NaN" of {@code cvt} in the
   * manual.
   *
   * @param fromWide whether the number was of type {@code .f64}
   */
  static long ofDouble(PtxType type, double number, boolean fromWide) {
    if (number != number) {
      boolean zero = !fromWide && type.bits() < 64;
      return zero ? 0 : value(type, 1L << (type.bits() - 1));
    }
    if (type != PtxType.U64) {
      return Math.max(smallest(type), Math.min(largest(type), (long) number));
    }
    if (number < TWO_63) {
      return number > 0 ? (long) number : 0;
    }
    return number < 2 * TWO_63 ? (long) (number - TWO_63) + Long.MIN_VALUE : -1;
  }

  /** The {@code double} of this rounding. */
  static double toDouble(PtxType type, long value, Rounding rounding) {
    boolean negative = type.isSigned() && value < 0;
    long magnitude = negative ? -value : value;
    int excess = excess(magnitude);
    long kept = magnitude >>> excess;
    if (excess > 0) {
      long rest = magnitude & ((1L << excess) - 1);
      kept += rounding.increases(negative, kept, rest, 1L << (excess - 1)) ? 1 : 0;
    }
    double result = Math.scalb((double) kept, excess);
    return negative ? -result : result;
  }

  /** Rounded to odd, so that a second rounding to a narrower type gives what one would have. */
  static double toOddDouble(PtxType type, long value) {
    boolean negative = type.isSigned() && value < 0;
    long magnitude = negative ? -value : value;
    int excess = excess(magnitude);
    long kept = magnitude >>> excess;
    if ((magnitude & ((1L << excess) - 1)) != 0) {
      kept |= 1;
    }
    double result = Math.scalb((double) kept, excess);
    return negative ? -result : result;
  }

  private static int excess(long magnitude) {
    return Math.max(0, 64 - SIGNIFICAND - Long.numberOfLeadingZeros(magnitude));
  }
}
