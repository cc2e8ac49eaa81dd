package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.ToDoubleFunction;

/**
 * Compares a reference's gradient, in double precision, with central differences of its forward
 * pass. A backward kernel is then compared with that gradient by the error rule.
 */
public final class NumericalGradient {
  /** The cube root of the unit roundoff balances truncation against cancellation. */
  private static final double STEP = Math.cbrt(Math.ulp(1.0));

  /** Central differences lose a third of the digits; the rest is left to the function's scale. */
  private static final double TOLERANCE = 1e-6;

  private NumericalGradient() {}

  /**
   * @param what names the gradient in the message
   * @param loss a smooth function of {@code x}, for example the sum of the outputs times a random
   *     {@code dy}
   * @param x where; changed and put back
   * @param gradient the gradient at {@code x} by the reference
   */
  public static void check(
      String what, ToDoubleFunction<double[]> loss, double[] x, double[] gradient) {
    assertThat(gradient).as("size of " + what).hasSameSizeAs(x);
    double scale = 1;
    for (double g : gradient) {
      scale = Math.max(scale, Math.abs(g));
    }
    for (int i = 0; i < x.length; i++) {
      double at = x[i];
      double step = STEP * Math.max(1, Math.abs(at));
      x[i] = at + step;
      double above = loss.applyAsDouble(x);
      x[i] = at - step;
      double below = loss.applyAsDouble(x);
      x[i] = at;
      double numerical = (above - below) / (2 * step);
      if (!(Math.abs(numerical - gradient[i]) <= TOLERANCE * scale)) {
        throw new AssertionError(
            "%s at %d is %s, numerically %s".formatted(what, i, gradient[i], numerical));
      }
    }
  }
}
