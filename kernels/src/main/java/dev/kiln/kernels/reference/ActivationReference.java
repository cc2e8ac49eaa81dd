package dev.kiln.kernels.reference;

import dev.kiln.compiler.numeric.SpecialFunctions;
import dev.kiln.kernels.elementwise.Activation;

/** Activations and their derivatives, of one number. */
public final class ActivationReference {
  private static final double CUBIC = 0.044715;

  private ActivationReference() {}

  public static double value(Rounding r, Activation activation, double x) {
    return switch (activation) {
      case NONE -> x;
      case RELU -> Math.max(x, 0);
      case GELU -> r.of(r.of(0.5 * x) * r.of(1 + erf(r, x)));
      case GELU_TANH -> r.of(r.of(0.5 * x) * r.of(1 + tanh(r, x)));
    };
  }

  public static double derivative(Rounding r, Activation activation, double x) {
    return switch (activation) {
      case NONE -> 1;
      case RELU -> x > 0 ? 1 : 0;
      case GELU -> r.of(r.of(0.5 * r.of(1 + erf(r, x))) + r.of(x * density(r, x)));
      case GELU_TANH -> {
        double t = tanh(r, x);
        double inner =
            r.of(r.of(Math.sqrt(2 / Math.PI)) * r.of(1 + r.of(r.of(3 * CUBIC) * r.of(x * x))));
        double outer = r.of(1 - r.of(t * t));
        yield r.of(r.of(0.5 * r.of(1 + t)) + r.of(r.of(r.of(0.5 * x) * outer) * inner));
      }
    };
  }

  /** {@code dy activation'(x)}. */
  public static double gradient(Rounding r, Activation activation, double x, double dy) {
    return r.of(dy * derivative(r, activation, x));
  }

  private static double erf(Rounding r, double x) {
    return r.of(SpecialFunctions.erf(r.of(x * r.of(Math.sqrt(0.5)))));
  }

  private static double density(Rounding r, double x) {
    return r.of(r.of(1 / Math.sqrt(2 * Math.PI)) * r.of(Math.exp(r.of(r.of(-0.5 * x) * x))));
  }

  private static double tanh(Rounding r, double x) {
    double cube = r.of(r.of(x * x) * x);
    return r.of(Math.tanh(r.of(r.of(Math.sqrt(2 / Math.PI)) * r.of(x + r.of(r.of(CUBIC) * cube)))));
  }
}
