package dev.kiln.kernels.reference;

import dev.kiln.kernels.elementwise.LearnableActivation.Function;

/** Activations of a number {@code x} with a number {@code a}, and their partial derivatives. */
public final class LearnableActivationReference {
  private LearnableActivationReference() {}

  public static double value(Rounding r, Function f, double x, double a) {
    return switch (f) {
      case PRELU -> x > 0 ? x : r.of(a * x);
      case SIGMOID -> sigmoid(r, r.of(a * x));
      case SWISH -> r.of(x * sigmoid(r, r.of(a * x)));
    };
  }

  /** {@code dy} times the derivative by {@code x}. */
  public static double inputGradient(Rounding r, Function f, double x, double a, double dy) {
    double s = sigmoid(r, r.of(a * x));
    double slope = r.of(a * r.of(s * r.of(1 - s)));
    return switch (f) {
      case PRELU -> x > 0 ? dy : r.of(a * dy);
      case SIGMOID -> r.of(dy * slope);
      case SWISH -> r.of(dy * r.of(s + r.of(x * slope)));
    };
  }

  /** {@code dy} times the derivative by {@code a}. */
  public static double numberGradient(Rounding r, Function f, double x, double a, double dy) {
    double s = sigmoid(r, r.of(a * x));
    double slope = r.of(x * r.of(s * r.of(1 - s)));
    return switch (f) {
      case PRELU -> x > 0 ? 0 : r.of(dy * x);
      case SIGMOID -> r.of(dy * slope);
      case SWISH -> r.of(dy * r.of(x * slope));
    };
  }

  private static double sigmoid(Rounding r, double x) {
    return r.of(1 / r.of(1 + r.of(Math.exp(-x))));
  }
}
