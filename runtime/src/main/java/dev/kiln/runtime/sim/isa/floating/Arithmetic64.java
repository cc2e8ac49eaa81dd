package dev.kiln.runtime.sim.isa.floating;

import java.math.BigDecimal;

/**
 * Arithmetic on {@code .f64}, on bits. A NaN operand is the result, made quiet, the first of them
 * where there are more; an operation without a result gives {@link #NAN}.
 */
record Arithmetic64(Rounding rounding) {
  /** The NaN that hardware makes. */
  static final long NAN = 0xfff8_0000_0000_0000L;

  private static final long QUIET = 1L << 51;

  /** Below this a product's error may be no number, as it lies below the smallest one. */
  private static final double SAFE = 0x1p-900;

  long add(long a, long b) {
    double x = number(a);
    double y = number(b);
    double sum = x + y;
    if (sum != sum) {
      return nan(a, b, 0);
    }
    if (rounding == Rounding.NEAREST) {
      return bits(sum);
    }
    if (sum == 0) {
      return bits(rounding == Rounding.DOWN && (a | b) < 0 ? -0.0 : sum);
    }
    if (Double.isInfinite(sum)) {
      return bits(Double.isInfinite(x) || Double.isInfinite(y) ? sum : overflow(sum));
    }
    boolean swap = Math.abs(x) < Math.abs(y);
    double large = swap ? y : x;
    double small = swap ? x : y;
    return bits(correct(sum, small - (sum - large)));
  }

  long sub(long a, long b) {
    return isNan(b) ? nan(a, b, 0) : add(a, b ^ Long.MIN_VALUE);
  }

  long mul(long a, long b) {
    double x = number(a);
    double y = number(b);
    double product = x * y;
    if (product != product) {
      return nan(a, b, 0);
    }
    if (rounding == Rounding.NEAREST || x == 0 || y == 0) {
      return bits(product);
    }
    if (Double.isInfinite(product)) {
      return bits(Double.isInfinite(x) || Double.isInfinite(y) ? product : overflow(product));
    }
    double magnitude = Math.abs(product);
    return bits(
        magnitude > SAFE
            ? correct(product, Math.fma(x, y, -product))
            : exactly(product, new BigDecimal(x).multiply(new BigDecimal(y))));
  }

  long fma(long a, long b, long c) {
    double x = number(a);
    double y = number(b);
    double z = number(c);
    double result = Math.fma(x, y, z);
    if (result != result) {
      return nan(a, b, c);
    }
    if (rounding == Rounding.NEAREST) {
      return bits(result);
    }
    boolean infinite = Double.isInfinite(x) || Double.isInfinite(y) || Double.isInfinite(z);
    if (Double.isInfinite(result)) {
      return bits(infinite ? result : overflow(result));
    }
    if (x == 0 || y == 0) {
      return new Arithmetic64(rounding).add(bits(x * y), c);
    }
    BigDecimal exact = new BigDecimal(x).multiply(new BigDecimal(y)).add(new BigDecimal(z));
    if (exact.signum() == 0) {
      return bits(rounding == Rounding.DOWN ? -0.0 : 0.0);
    }
    return bits(exactly(result, exact));
  }

  long div(long a, long b) {
    double x = number(a);
    double y = number(b);
    double quotient = x / y;
    if (quotient != quotient) {
      return nan(a, b, 0);
    }
    if (rounding == Rounding.NEAREST || x == 0 || y == 0 || Double.isInfinite(y)) {
      return bits(quotient);
    }
    if (Double.isInfinite(quotient)) {
      return bits(Double.isInfinite(x) ? quotient : overflow(quotient));
    }
    double magnitude = Math.abs(quotient);
    if (Math.abs(x) > SAFE && magnitude > SAFE && magnitude * Math.abs(y) < 1 / SAFE) {
      double rest = Math.fma(-quotient, y, x);
      return bits(correct(quotient, y < 0 ? -rest : rest));
    }
    BigDecimal rest =
        new BigDecimal(x).subtract(new BigDecimal(quotient).multiply(new BigDecimal(y)));
    return bits(correct(quotient, y < 0 ? -rest.signum() : rest.signum()));
  }

  long rcp(long a) {
    return div(bits(1), a);
  }

  long sqrt(long a) {
    double x = number(a);
    double root = Math.sqrt(x);
    if (root != root) {
      return nan(a, 0, 0);
    }
    if (rounding == Rounding.NEAREST || root == 0 || Double.isInfinite(root)) {
      return bits(root);
    }
    // A power of four moves the root's square into the range where its error is a number.
    double scaled = x < SAFE ? x * 0x1p200 : x;
    double scaledRoot = x < SAFE ? root * 0x1p100 : root;
    return bits(correct(root, Math.fma(-scaledRoot, scaledRoot, scaled)));
  }

  private double exactly(double nearest, BigDecimal exact) {
    int error = exact.compareTo(new BigDecimal(nearest));
    if (nearest == 0) {
      return correct(exact.signum() < 0 ? -0.0 : 0.0, error);
    }
    return correct(nearest, error);
  }

  /**
   * The number of this rounding, from the nearest one.
   *
   * @param error has the sign of the exact number minus {@code nearest}
   */
  private double correct(double nearest, double error) {
    boolean up =
        switch (rounding) {
          case NEAREST, AWAY -> false;
          case ZERO -> error > 0 && nearest < 0;
          case DOWN -> false;
          case UP -> error > 0;
        };
    boolean down =
        switch (rounding) {
          case NEAREST, AWAY -> false;
          case ZERO -> error < 0 && nearest > 0;
          case DOWN -> error < 0;
          case UP -> false;
        };
    // A negative number that becomes zero stays negative, as nextUp has it.
    return up ? Math.nextUp(nearest) : down ? Math.nextDown(nearest) : nearest;
  }

  private double overflow(double infinity) {
    return rounding.staysFinite(infinity < 0)
        ? Math.copySign(Double.MAX_VALUE, infinity)
        : infinity;
  }

  /** The first operand that is NaN, made quiet. */
  static long nan(long a, long b, long c) {
    return isNan(a) ? a | QUIET : isNan(b) ? b | QUIET : isNan(c) ? c | QUIET : NAN;
  }

  static boolean isNan(long bits) {
    return (bits & Long.MAX_VALUE) > 0x7ff0_0000_0000_0000L;
  }

  private static double number(long bits) {
    return Double.longBitsToDouble(bits);
  }

  private static long bits(double value) {
    return Double.doubleToRawLongBits(value);
  }
}
