package dev.kiln.kernels.reference;

/** The cross-entropy of a row's softmax against a smoothed target, and its gradient. */
public final class CrossEntropyReference {
  private CrossEntropyReference() {}

  /**
   * {@code -sum(q log softmax(x))} with {@code q = (1 - smoothing) onehot(target) + smoothing /
   * classes}.
   */
  public static double loss(Rounding r, double[] x, int target, double smoothing) {
    double[] logs = logSoftmax(r, x);
    double loss = 0;
    for (int j = 0; j < x.length; j++) {
      double q = goal(r, j, target, smoothing, x.length);
      if (q != 0) {
        loss = r.of(loss - r.of(q * logs[j]));
      }
    }
    return loss;
  }

  /** {@code (softmax(x) - q) weight}. */
  public static double[] gradient(
      Rounding r, double[] x, int target, double smoothing, double weight) {
    double[] logs = logSoftmax(r, x);
    double[] gradient = new double[x.length];
    for (int j = 0; j < x.length; j++) {
      double p = r.of(Math.exp(logs[j]));
      gradient[j] = r.of(r.of(p - goal(r, j, target, smoothing, x.length)) * weight);
    }
    return gradient;
  }

  /** {@code x - log(sum(exp(x)))}, from the largest. */
  public static double[] logSoftmax(Rounding r, double[] x) {
    double top = Double.NEGATIVE_INFINITY;
    for (double value : x) {
      top = Math.max(top, value);
    }
    double total = 0;
    for (double value : x) {
      total = r.of(total + r.of(Math.exp(r.of(value - top))));
    }
    double[] logs = new double[x.length];
    for (int j = 0; j < x.length; j++) {
      logs[j] = r.of(r.of(x[j] - top) - r.of(Math.log(total)));
    }
    return logs;
  }

  private static double goal(Rounding r, int j, int target, double smoothing, int classes) {
    return r.of((j == target ? r.of(1 - smoothing) : 0) + r.of(smoothing / classes));
  }
}
