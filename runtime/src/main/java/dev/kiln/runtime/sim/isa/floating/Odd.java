package dev.kiln.runtime.sim.isa.floating;

/**
 * Sums, products, quotients and roots rounded to odd: if the exact result is no {@code double}, the
 * one of its neighbours with an odd last bit. Rounding such a number to a format with at most 51
 * bits of significand, in whatever direction, gives what rounding the exact result would (Boldo and
 * Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to
 * odd", 2008).
 *
 * <p>Operands are numbers of formats of up to 32 bits, or products of two of them, so that nothing
 * overflows or underflows and all errors are numbers.
 */
final class Odd {
  private Odd() {}

  /**
   * {@code x + y}.
   *
   * @param rounding decides the sign of a zero that two numbers cancel to
   */
  static double sum(double x, double y, Rounding rounding) {
    double sum = x + y;
    if (sum == 0) {
      boolean oneNegative = (Double.doubleToRawLongBits(x) | Double.doubleToRawLongBits(y)) < 0;
      return rounding == Rounding.DOWN && oneNegative ? -0.0 : sum;
    }
    if (!Double.isFinite(sum)) {
      return sum;
    }
    double part = sum - x;
    return of(sum, (x - (sum - part)) + (y - part));
  }

  /** {@code x * y + z}, where {@code x * y} is exact. */
  static double fused(double x, double y, double z, Rounding rounding) {
    return sum(x * y, z, rounding);
  }

  static double quotient(double x, double y) {
    double quotient = x / y;
    if (quotient == 0 || !Double.isFinite(quotient) || Double.isInfinite(y)) {
      return quotient;
    }
    double rest = Math.fma(-quotient, y, x);
    return of(quotient, y < 0 ? -rest : rest);
  }

  static double root(double x) {
    double root = Math.sqrt(x);
    return root > 0 && root < Double.POSITIVE_INFINITY ? of(root, Math.fma(-root, root, x)) : root;
  }

  /**
   * Corrects a rounded number.
   *
   * @param error has the sign of the exact number minus {@code rounded}
   */
  private static double of(double rounded, double error) {
    long bits = Double.doubleToRawLongBits(rounded);
    if (error == 0 || (bits & 1) != 0) {
      return rounded;
    }
    return Double.longBitsToDouble(error > 0 == rounded > 0 ? bits + 1 : bits - 1);
  }
}
