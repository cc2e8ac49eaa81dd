package dev.kiln.kernels.reference;

import dev.kiln.compiler.numeric.SpecialFunctions;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.ActivationFunction;

/** Activations and their derivatives, of one number. */
public final class ActivationReference {
  private static final double CUBIC = 0.044715;
  private static final double SELU_SCALE = 1.0507009873554804934193349852946;
  private static final double SELU_ALPHA = 1.6732632423543772848170429916717;

  private ActivationReference() {}

  /** With the usual numbers. */
  public static double value(Rounding r, Activation activation, double x) {
    return value(r, activation.usual(), x);
  }

  /** With the usual numbers. */
  public static double derivative(Rounding r, Activation activation, double x) {
    return derivative(r, activation.usual(), x);
  }

  /** {@code dy activation'(x)} with the usual numbers. */
  public static double gradient(Rounding r, Activation activation, double x, double dy) {
    return gradient(r, activation.usual(), x, dy);
  }

  /** {@code dy function'(x)}. */
  public static double gradient(Rounding r, ActivationFunction function, double x, double dy) {
    return r.of(dy * derivative(r, function, x));
  }

  public static double value(Rounding r, ActivationFunction function, double x) {
    double a = r.of(function.a());
    double b = r.of(function.b());
    return switch (function.activation()) {
      case NONE -> x;
      case RELU -> Math.max(x, 0);
      case SQUARED_RELU -> x > 0 ? r.of(x * x) : 0;
      case RELU6 -> Math.clamp(x, 0.0, 6.0);
      case LEAKY_RELU -> x > 0 ? x : r.of(a * x);
      case ELU -> x > 0 ? x : r.of(a * expm1(r, x));
      case SELU -> r.of(r.of(SELU_SCALE) * (x > 0 ? x : r.of(r.of(SELU_ALPHA) * expm1(r, x))));
      case CELU -> x > 0 ? x : r.of(a * expm1(r, r.of(x / a)));
      case GELU -> r.of(r.of(0.5 * x) * r.of(1 + erf(r, x)));
      case GELU_TANH -> r.of(r.of(0.5 * x) * r.of(1 + tanhOfCubic(r, x)));
      case QUICK_GELU -> r.of(x * sigmoid(r, r.of(r.of(1.702) * x)));
      case SILU -> r.of(x * sigmoid(r, x));
      case MISH -> r.of(x * tanh(r, softplus(r, x)));
      case SIGMOID -> sigmoid(r, x);
      case LOG_SIGMOID -> -softplus(r, -x);
      case HARD_SIGMOID -> r.of(Math.clamp(r.of(x + 3), 0.0, 6.0) / 6);
      case HARD_SWISH -> r.of(x * r.of(Math.clamp(r.of(x + 3), 0.0, 6.0) / 6));
      case TANH -> tanh(r, x);
      case HARD_TANH -> Math.clamp(x, a, b);
      case SOFTPLUS -> r.of(a * x) > b ? x : r.of(softplus(r, r.of(a * x)) / a);
      case SOFTSIGN -> r.of(x / r.of(1 + Math.abs(x)));
    };
  }

  public static double derivative(Rounding r, ActivationFunction function, double x) {
    double a = r.of(function.a());
    double b = r.of(function.b());
    return switch (function.activation()) {
      case NONE -> 1;
      case RELU -> x > 0 ? 1 : 0;
      case SQUARED_RELU -> x > 0 ? r.of(2 * x) : 0;
      case RELU6 -> x > 0 && x < 6 ? 1 : 0;
      case LEAKY_RELU -> x > 0 ? 1 : a;
      case ELU -> x > 0 ? 1 : r.of(a * exp(r, x));
      case SELU -> r.of(r.of(SELU_SCALE) * (x > 0 ? 1 : r.of(r.of(SELU_ALPHA) * exp(r, x))));
      case CELU -> x > 0 ? 1 : exp(r, r.of(x / a));
      case GELU -> r.of(r.of(0.5 * r.of(1 + erf(r, x))) + r.of(x * density(r, x)));
      case GELU_TANH -> geluTanhDerivative(r, x);
      case QUICK_GELU -> swishDerivative(r, r.of(1.702), x);
      case SILU -> swishDerivative(r, 1, x);
      case MISH -> {
        double t = tanh(r, softplus(r, x));
        yield r.of(t + r.of(r.of(x * sigmoid(r, x)) * r.of(1 - r.of(t * t))));
      }
      case SIGMOID -> r.of(sigmoid(r, x) * r.of(1 - sigmoid(r, x)));
      case LOG_SIGMOID -> sigmoid(r, -x);
      case HARD_SIGMOID -> x > -3 && x < 3 ? r.of(1.0 / 6) : 0;
      case HARD_SWISH -> x <= -3 ? 0 : x >= 3 ? 1 : r.of(r.of(x / 3) + 0.5);
      case TANH -> r.of(1 - r.of(tanh(r, x) * tanh(r, x)));
      case HARD_TANH -> x > a && x < b ? 1 : 0;
      case SOFTPLUS -> r.of(a * x) > b ? 1 : sigmoid(r, r.of(a * x));
      case SOFTSIGN -> r.of(1 / r.of(r.of(1 + Math.abs(x)) * r.of(1 + Math.abs(x))));
    };
  }

  private static double geluTanhDerivative(Rounding r, double x) {
    double t = tanhOfCubic(r, x);
    double inner =
        r.of(r.of(Math.sqrt(2 / Math.PI)) * r.of(1 + r.of(r.of(3 * CUBIC) * r.of(x * x))));
    double outer = r.of(1 - r.of(t * t));
    return r.of(r.of(0.5 * r.of(1 + t)) + r.of(r.of(r.of(0.5 * x) * outer) * inner));
  }

  private static double swishDerivative(Rounding r, double slope, double x) {
    double s = sigmoid(r, r.of(slope * x));
    return r.of(s + r.of(r.of(r.of(slope * x) * s) * r.of(1 - s)));
  }

  private static double exp(Rounding r, double x) {
    return r.of(Math.exp(x));
  }

  private static double expm1(Rounding r, double x) {
    return r.of(Math.expm1(x));
  }

  private static double tanh(Rounding r, double x) {
    return r.of(Math.tanh(x));
  }

  private static double sigmoid(Rounding r, double x) {
    return r.of(1 / r.of(1 + exp(r, -x)));
  }

  /** {@code log(1 + exp(x))}. */
  private static double softplus(Rounding r, double x) {
    return r.of(Math.max(x, 0) + r.of(Math.log1p(exp(r, -Math.abs(x)))));
  }

  private static double erf(Rounding r, double x) {
    return r.of(SpecialFunctions.erf(r.of(x * r.of(Math.sqrt(0.5)))));
  }

  private static double density(Rounding r, double x) {
    return r.of(r.of(1 / Math.sqrt(2 * Math.PI)) * exp(r, r.of(r.of(-0.5 * x) * x)));
  }

  private static double tanhOfCubic(Rounding r, double x) {
    double cube = r.of(r.of(x * x) * x);
    double inner = r.of(x + r.of(r.of(CUBIC) * cube));
    return tanh(r, r.of(r.of(Math.sqrt(2 / Math.PI)) * inner));
  }
}
