package dev.kiln.kernels.reference;

import dev.kiln.kernels.loss.LossFunction;

/** Losses of a number x against a number y, and their derivatives for x. */
public final class ElementwiseLossReference {
  private ElementwiseLossReference() {}

  /**
   * @param c the weight of the positive term of binary cross-entropy
   */
  public static double loss(Rounding r, LossFunction f, double x, double y, double c) {
    double d = r.of(x - y);
    double far = Math.abs(d);
    double b = f.number();
    return switch (f.kind()) {
      case MSE -> r.of(d * d);
      case L1 -> far;
      case SMOOTH_L1 -> far < b ? r.of(r.of(d * d) / r.of(2 * b)) : r.of(far - r.of(b / 2));
      case HUBER -> far <= b ? r.of(r.of(d * d) / 2) : r.of(b * r.of(far - r.of(b / 2)));
      case BCE_WITH_LOGITS -> {
        double ones = r.of(c * y);
        double zeros = r.of(1 - y);
        yield r.of(r.of(ones * softplus(r, -x)) + r.of(zeros * softplus(r, x)));
      }
      case HINGE -> Math.max(0, r.of(b - r.of(x * y)));
      case KL -> y == 0 ? 0 : r.of(y * r.of(r.of(Math.log(y)) - x));
      case KL_LOG -> y == Double.NEGATIVE_INFINITY ? 0 : r.of(r.of(Math.exp(y)) * r.of(y - x));
    };
  }

  /** Likewise the derivative. */
  public static double slope(Rounding r, LossFunction f, double x, double y, double c) {
    double d = r.of(x - y);
    double b = f.number();
    return switch (f.kind()) {
      case MSE -> 2 * d;
      case L1 -> Math.signum(d);
      case SMOOTH_L1 -> Math.abs(d) < b ? r.of(d / b) : Math.signum(d);
      case HUBER -> Math.abs(d) <= b ? d : b * Math.signum(d);
      case BCE_WITH_LOGITS -> {
        double ones = r.of(c * y);
        double zeros = r.of(1 - y);
        yield r.of(r.of(zeros * sigmoid(r, x)) - r.of(ones * sigmoid(r, -x)));
      }
      case HINGE -> r.of(b - r.of(x * y)) <= 0 ? 0 : -y;
      case KL -> -y;
      case KL_LOG -> -r.of(Math.exp(y));
    };
  }

  /** {@code log(1 + exp(x))}, from the larger. */
  private static double softplus(Rounding r, double x) {
    return r.of(Math.max(x, 0) + r.of(Math.log1p(r.of(Math.exp(-Math.abs(x))))));
  }

  private static double sigmoid(Rounding r, double x) {
    return r.of(1 / r.of(1 + r.of(Math.exp(-x))));
  }
}
