package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;

/**
 * The error rule: the largest error of a kernel against double precision may be at most twice the
 * largest error of a plain implementation in the same dtype.
 *
 * <p>Where the plain implementation happens to make no error, or hardly one, a floor of {@value
 * #FLOOR_ULPS} units in the last place of the largest exact number is allowed: a kernel may round
 * once in its arithmetic and once in a function such as exp. Infinities and NaN must be the same.
 */
public final class ErrorRule {
  private static final int FLOOR_ULPS = 2;

  private ErrorRule() {}

  /**
   * @param what names the result in the message
   * @param dtype of the result
   * @param actual the kernel's result
   * @param plain of a plain implementation: fp32 arithmetic, rounded to the dtype in the end
   * @param exact in double precision
   */
  public static void check(
      String what, DType dtype, double[] actual, double[] plain, double[] exact) {
    assertThat(actual).as("size of " + what).hasSameSizeAs(exact);
    double allowed = 2 * largestError(plain, exact) + FLOOR_ULPS * ulp(dtype, largest(exact));
    for (int i = 0; i < exact.length; i++) {
      if (!Double.isFinite(exact[i])) {
        assertThat(actual[i]).as(what + " at " + i).isEqualTo(Double.valueOf(exact[i]));
      } else {
        // Not an assertion for each element: there are millions.
        if (!(Math.abs(actual[i] - exact[i]) <= allowed)) {
          throw new AssertionError(
              "%s at %d is %s, exactly %s, plainly %s: an error of %.3g where %.3g is allowed"
                  .formatted(
                      what,
                      i,
                      actual[i],
                      exact[i],
                      plain[i],
                      Math.abs(actual[i] - exact[i]),
                      allowed));
        }
      }
    }
  }

  /**
   * The rule where only the largest error of the plain implementation is known.
   *
   * @param plainError its largest error
   */
  public static void checkBeside(
      String what, DType dtype, double[] actual, double plainError, double[] exact) {
    assertThat(actual).as("size of " + what).hasSameSizeAs(exact);
    double allowed = 2 * plainError + FLOOR_ULPS * ulp(dtype, largest(exact));
    for (int i = 0; i < exact.length; i++) {
      double error = Math.abs(actual[i] - exact[i]);
      if (!(error <= allowed)) {
        throw new AssertionError(
            "%s at %d is %s, exactly %s: an error of %.3g where %.3g is allowed"
                .formatted(what, i, actual[i], exact[i], error, allowed));
      }
    }
  }

  /**
   * The rule in double precision, where no better result is at hand to measure a plain
   * implementation by: the bound on a plain sum's error, {@code terms} roundings of the largest
   * magnitude, twice.
   *
   * @param terms how many numbers are added up for each result, at least 1
   */
  public static void checkFp64(String what, double[] actual, double[] exact, int terms) {
    checkByTerms(what, DType.FP64, actual, exact, terms);
  }

  /**
   * The rule of {@link #checkFp64} in another dtype, for what cannot be computed more exactly.
   *
   * @param plain of a plain implementation in the same dtype
   * @param terms how many numbers are added up for each result, at least 1
   */
  public static void checkByTerms(
      String what, DType dtype, double[] actual, double[] plain, int terms) {
    assertThat(actual).as("size of " + what).hasSameSizeAs(plain);
    double allowed = (2.0 * terms + FLOOR_ULPS) * ulp(dtype, largest(plain));
    for (int i = 0; i < plain.length; i++) {
      boolean same = Double.compare(actual[i], plain[i]) == 0;
      if (!same && !(Math.abs(actual[i] - plain[i]) <= allowed)) {
        throw new AssertionError(
            "%s at %d is %s, in plain Java %s: more apart than %.3g"
                .formatted(what, i, actual[i], plain[i], allowed));
      }
    }
  }

  private static double largestError(double[] plain, double[] exact) {
    double largest = 0;
    for (int i = 0; i < exact.length; i++) {
      if (Double.isFinite(exact[i]) && Double.isFinite(plain[i])) {
        largest = Math.max(largest, Math.abs(plain[i] - exact[i]));
      }
    }
    return largest;
  }

  private static double largest(double[] exact) {
    double largest = 0;
    for (double x : exact) {
      largest = Double.isFinite(x) ? Math.max(largest, Math.abs(x)) : largest;
    }
    return largest;
  }

  /** Distance between neighbouring numbers of a dtype at a magnitude. */
  private static double ulp(DType dtype, double magnitude) {
    int precision =
        switch (dtype) {
          case FP32 -> 24;
          case FP16 -> 11;
          case BF16 -> 8;
          case FP64 -> 53;
          default -> throw new IllegalArgumentException(dtype.toString());
        };
    int smallest =
        switch (dtype) {
          case FP16 -> -14;
          case FP64 -> -1022;
          default -> -126;
        };
    return Math.scalb(1.0, Math.max(smallest, Math.getExponent(magnitude)) - precision + 1);
  }
}
