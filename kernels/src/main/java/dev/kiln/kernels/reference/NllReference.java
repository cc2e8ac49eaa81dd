package dev.kiln.kernels.reference;

/** The negative log-likelihood of a class under a row of log-probabilities, and its gradient. */
public final class NllReference {
  private NllReference() {}

  /** {@code -w_target x_target}. */
  public static double loss(Rounding r, double[] x, int target, double[] weights) {
    return r.of(-weights[target] * x[target]);
  }

  /** {@code -w_target scale} at the target, 0 elsewhere. */
  public static double[] gradient(
      Rounding r, double[] x, int target, double[] weights, double scale) {
    double[] gradient = new double[x.length];
    gradient[target] = r.of(-weights[target] * scale);
    return gradient;
  }
}
