package dev.kiln.kernels.reference;

/** Softmax and log-softmax of a row, and their gradients. */
public final class SoftmaxReference {
  private SoftmaxReference() {}

  /**
   * {@code exp(scale x_j) / sum_k exp(scale x_k)}, or its logarithm, over the elements that are
   * seen; 0 or minus infinity for the others.
   */
  public static double[] forward(
      Rounding r, double[] x, boolean[] seen, double scale, boolean log) {
    double top = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < x.length; j++) {
      top = seen[j] ? Math.max(top, r.of(x[j] * scale)) : top;
    }
    double[] shifted = new double[x.length];
    double total = 0;
    for (int j = 0; j < x.length; j++) {
      shifted[j] = seen[j] ? r.of(r.of(x[j] * scale) - top) : Double.NEGATIVE_INFINITY;
      total = r.of(total + r.of(Math.exp(shifted[j])));
    }
    double[] y = new double[x.length];
    for (int j = 0; j < x.length; j++) {
      if (log) {
        y[j] = seen[j] ? r.of(shifted[j] - r.of(Math.log(total))) : Double.NEGATIVE_INFINITY;
      } else {
        y[j] = seen[j] ? r.of(r.of(Math.exp(shifted[j])) / total) : 0;
      }
    }
    return y;
  }

  /** The gradient of the input, from the output and its gradient. */
  public static double[] backward(Rounding r, double[] y, double[] dy, double scale, boolean log) {
    double dot = 0;
    for (int j = 0; j < y.length; j++) {
      if (y[j] != Double.NEGATIVE_INFINITY) {
        dot = r.of(dot + (log ? dy[j] : r.of(y[j] * dy[j])));
      }
    }
    double[] dx = new double[y.length];
    for (int j = 0; j < y.length; j++) {
      if (log) {
        boolean seen = y[j] != Double.NEGATIVE_INFINITY;
        dx[j] = seen ? r.of(r.of(dy[j] - r.of(r.of(Math.exp(y[j])) * dot)) * scale) : 0;
      } else {
        dx[j] = r.of(r.of(y[j] * r.of(dy[j] - dot)) * scale);
      }
    }
    return dx;
  }
}
