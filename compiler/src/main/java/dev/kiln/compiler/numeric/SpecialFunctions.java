package dev.kiln.compiler.numeric;

/**
 * Functions of one double that {@link StrictMath} lacks, right to a few units in the last place, so
 * that their rounding to {@code fp32} is as good as correct.
 */
public final class SpecialFunctions {
  private static final double LN2 = Math.log(2);

  private SpecialFunctions() {}

  /** 2 to the power of x; exact for integers. */
  public static double exp2(double x) {
    if (!(Math.abs(x) < 1100)) {
      return x != x ? x : x > 0 ? Double.POSITIVE_INFINITY : 0;
    }
    double whole = Math.rint(x);
    return Math.scalb(StrictMath.exp((x - whole) * LN2), (int) whole);
  }

  /** The logarithm to base 2; exact for powers of two. */
  public static double log2(double x) {
    if (!(x > 0) || x == Double.POSITIVE_INFINITY) {
      return StrictMath.log(x);
    }
    int exponent = Math.max(Math.getExponent(x), Double.MIN_EXPONENT);
    double fraction = Math.scalb(x, -exponent);
    while (fraction < 1) { // a subnormal
      fraction *= 2;
      exponent--;
    }
    // Centred on 1, so that the two parts never cancel.
    if (fraction > Math.sqrt(2)) {
      fraction /= 2;
      exponent++;
    }
    return exponent + StrictMath.log(fraction) / LN2;
  }

  /**
   * The error function, by the rational functions of fdlibm's s_erf.c; the outer pieces with one
   * exponential.
   */
  public static double erf(double x) {
    double magnitude = Math.abs(x);
    if (!(magnitude < ErfPolynomial.FAR_END)) {
      return x != x ? x : Math.copySign(1, x);
    }
    double square = x * x;
    if (magnitude < ErfPolynomial.NEAR_END) {
      double quotient = ErfPolynomial.NEAR.at(square) / ErfPolynomial.NEAR_BELOW.at(square);
      return Math.fma(x, quotient, x);
    }
    return Math.copySign(erfBeyond(magnitude, 1 / square), x);
  }

  private static double erfBeyond(double x, double inverse) {
    if (x < ErfPolynomial.ONE_END) {
      return ErfPolynomial.AT_ONE + ErfPolynomial.ONE.at(x - 1) / ErfPolynomial.ONE_BELOW.at(x - 1);
    }
    double quotient =
        x < ErfPolynomial.MIDDLE_END
            ? ErfPolynomial.MIDDLE.at(inverse) / ErfPolynomial.MIDDLE_BELOW.at(inverse)
            : ErfPolynomial.FAR.at(inverse) / ErfPolynomial.FAR_BELOW.at(inverse);
    return 1 - StrictMath.exp(Math.fma(-x, x, -0.5625) + quotient) / x;
  }
}
