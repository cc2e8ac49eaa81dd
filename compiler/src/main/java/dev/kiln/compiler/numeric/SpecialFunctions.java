package dev.kiln.compiler.numeric;

/**
 * Functions of one double that {@link StrictMath} lacks, right to a few units in the last place, so
 * that their rounding to {@code fp32} is as good as correct.
 */
public final class SpecialFunctions {
  private static final double LN2 = Math.log(2);
  private static final double TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

  /** Above, erf is 1 in a double. */
  private static final double ERF_IS_ONE = 6;

  /** Below, the series of erf is short; above, the continued fraction of erfc is. */
  private static final double ERF_SERIES_END = 1;

  private static final int ERFC_FRACTION_TERMS = 200;

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

  /** The error function. */
  public static double erf(double x) {
    double magnitude = Math.abs(x);
    if (magnitude < ERF_SERIES_END) {
      return erfSeries(x);
    }
    if (magnitude != magnitude) {
      return x;
    }
    return Math.copySign(magnitude >= ERF_IS_ONE ? 1 : 1 - erfcFraction(magnitude), x);
  }

  /**
   * {@code 2/sqrt(pi) exp(-x^2) sum 2^n x^(2n+1) / (1 3 5 .. (2n+1))}: all terms have one sign, so
   * nothing cancels (Abramowitz and Stegun 7.1.6).
   */
  private static double erfSeries(double x) {
    double square = x * x;
    double squareError = Math.fma(x, x, -square);
    double term = x;
    double sum = x;
    for (int n = 1; Math.abs(term) > Math.abs(sum) * 0x1p-56; n++) {
      term *= 2 * square / (2 * n + 1);
      sum += term;
    }
    return TWO_OVER_SQRT_PI * sum * (StrictMath.exp(-square) * (1 - squareError));
  }

  /** {@code exp(-x^2)/sqrt(pi) 1/(x + 1/2/(x + 1/(x + 3/2/(x + ..))))} (7.1.14). */
  private static double erfcFraction(double x) {
    double tail = 0;
    for (int n = ERFC_FRACTION_TERMS; n > 0; n--) {
      tail = n / 2.0 / (x + tail);
    }
    return StrictMath.exp(-x * x) / Math.sqrt(Math.PI) / (x + tail);
  }
}
