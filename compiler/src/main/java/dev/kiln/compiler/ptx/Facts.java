package dev.kiln.compiler.ptx;

/**
 * What is known of an integer in a register, wherever it is read.
 *
 * @param zeros bits that are zero; those above the register's width are a copy of its sign bit
 * @param min the least value, as a signed number of the register's width
 * @param max the greatest
 */
record Facts(long zeros, long min, long max) {
  /** Puts together what range and bits tell about each other. */
  Facts {
    if (min >= 0) {
      zeros |= ~ones(max);
    }
    if (zeros < 0) {
      min = Math.max(min, 0);
      max = Math.min(max, ~zeros);
    }
  }

  private static long ones(long max) {
    return max == 0 ? 0 : -1L >>> Long.numberOfLeadingZeros(max);
  }

  static Facts nothing(int bits) {
    return new Facts(0, least(bits), greatest(bits));
  }

  static Facts constant(long value) {
    return new Facts(~value, value, value);
  }

  /** Anything of a range. */
  static Facts range(long min, long max) {
    return new Facts(0, min, max);
  }

  static long least(int bits) {
    return -1L << bits - 1;
  }

  static long greatest(int bits) {
    return ~least(bits);
  }

  /** The value as hardware holds it: cut to a width, sign-extended. */
  static long wrap(long value, int bits) {
    return value << 64 - bits >> 64 - bits;
  }

  boolean isNonNegative() {
    return min >= 0;
  }

  /** Bits that may be one. */
  long possible() {
    return ~zeros;
  }

  /** Whether no bit may be one in both. */
  boolean isDisjoint(Facts other) {
    return (possible() & other.possible()) == 0;
  }

  /** How many low bits are zero. */
  int trailingZeros() {
    return Long.numberOfTrailingZeros(possible());
  }

  boolean isConstant() {
    return min == max;
  }

  /** Either of both. */
  Facts or(Facts other) {
    return new Facts(zeros & other.zeros, Math.min(min, other.min), Math.max(max, other.max));
  }

  /** A sum of registers of a width, which wraps. */
  Facts plus(Facts other, int bits) {
    int trailing = Math.min(trailingZeros(), other.trailingZeros());
    long low = trailing >= 64 ? -1 : (1L << trailing) - 1;
    if (isDisjoint(other)) {
      low |= zeros & other.zeros;
    }
    return bounded(low, Bounds.sum(min, other.min), Bounds.sum(max, other.max), bits);
  }

  /** The number with the other sign, which wraps. */
  Facts negated(int bits) {
    int trailing = Math.min(63, trailingZeros());
    return min == least(bits)
        ? new Facts((1L << trailing) - 1, least(bits), greatest(bits))
        : new Facts((1L << trailing) - 1, -max, -min);
  }

  /** A product, which wraps. */
  Facts times(Facts other, int bits) {
    int trailing = Math.min(63, trailingZeros() + other.trailingZeros());
    long a = Bounds.product(min, other.min);
    long b = Bounds.product(min, other.max);
    long c = Bounds.product(max, other.min);
    long d = Bounds.product(max, other.max);
    return bounded(
        (1L << trailing) - 1,
        Math.min(Math.min(a, b), Math.min(c, d)),
        Math.max(Math.max(a, b), Math.max(c, d)),
        bits);
  }

  private static Facts bounded(long zeros, long min, long max, int bits) {
    return min >= least(bits)
            && max <= greatest(bits)
            && min != Long.MIN_VALUE
            && max != Long.MAX_VALUE
        ? new Facts(zeros, min, max)
        : new Facts(zeros, least(bits), greatest(bits));
  }

  /** Whether adding a number to a register of this width cannot wrap, as signed numbers. */
  boolean addsWithoutWrap(long number, int bits) {
    long low = Bounds.sum(min, number);
    long high = Bounds.sum(max, number);
    return low >= least(bits) && high <= greatest(bits)
        || number >= 0 && isDisjoint(constant(number));
  }

  /** Arithmetic that stops at the ends of the range. */
  private static final class Bounds {
    static long sum(long a, long b) {
      long sum = a + b;
      return ((a ^ sum) & (b ^ sum)) < 0 ? (a < 0 ? Long.MIN_VALUE : Long.MAX_VALUE) : sum;
    }

    static long product(long a, long b) {
      long high = Math.multiplyHigh(a, b);
      long low = a * b;
      return high == 0 && low >= 0 || high == -1 && low < 0
          ? low
          : (a < 0) == (b < 0) ? Long.MAX_VALUE : Long.MIN_VALUE;
    }
  }
}
