package dev.kiln.kernels.reference;

/**
 * The normalization of a set of numbers: a row in layer and RMS norm, a channel of all samples in
 * batch norm, a group of channels of one sample in group norm.
 */
public final class NormReference {
  private NormReference() {}

  /**
   * @param mean 0 if it is not taken off (RMS norm)
   * @param variance the mean square of the differences to {@code mean}
   * @param rstd {@code 1 / sqrt(variance + eps)}
   */
  public record Statistics(double mean, double variance, double rstd) {}

  /**
   * @param centered whether the mean is taken off
   */
  public static Statistics statistics(Rounding r, double[] x, double eps, boolean centered) {
    double mean = 0;
    if (centered) {
      for (double value : x) {
        mean = r.of(mean + value);
      }
      mean = r.of(mean / x.length);
    }
    double squares = 0;
    for (double value : x) {
      double difference = r.of(value - mean);
      squares = r.of(squares + r.of(difference * difference));
    }
    double variance = r.of(squares / x.length);
    return new Statistics(mean, variance, rstd(r, variance, eps));
  }

  public static double rstd(Rounding r, double variance, double eps) {
    return r.of(1 / r.of(Math.sqrt(r.of(variance + eps))));
  }

  /** {@code h = (x - mean) rstd}. */
  public static double[] normalised(Rounding r, double[] x, Statistics statistics) {
    double[] h = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      h[i] = r.of(r.of(x[i] - statistics.mean) * statistics.rstd);
    }
    return h;
  }

  /** {@code h weight + bias}, each of them possibly null. */
  public static double[] scaled(Rounding r, double[] h, double[] weight, double[] bias) {
    double[] y = h.clone();
    for (int i = 0; i < y.length; i++) {
      y[i] = weight == null ? y[i] : r.of(y[i] * weight[i]);
      y[i] = bias == null ? y[i] : r.of(y[i] + bias[i]);
    }
    return y;
  }

  /**
   * {@code (g - mean(g) - h mean(g h)) rstd}, for {@code centered = false} without {@code mean(g)}.
   *
   * @param g the gradient of {@code h}
   */
  public static double[] backward(
      Rounding r, double[] g, double[] h, double rstd, boolean centered) {
    double total = 0;
    double dot = 0;
    for (int i = 0; i < g.length; i++) {
      total = r.of(total + g[i]);
      dot = r.of(dot + r.of(g[i] * h[i]));
    }
    double mean = centered ? r.of(total / g.length) : 0;
    double meanDot = r.of(dot / g.length);
    double[] dx = new double[g.length];
    for (int i = 0; i < g.length; i++) {
      dx[i] = r.of(r.of(r.of(g[i] - mean) - r.of(h[i] * meanDot)) * rstd);
    }
    return dx;
  }
}
