package dev.kiln.kernels.reference;

/** The cross-entropy of a row's softmax against a goal, and its gradient. */
public final class CrossEntropyReference {
  private CrossEntropyReference() {}

  /**
   * {@code -sum(q log softmax(x))} with {@code q = (1 - smoothing) onehot(target) + smoothing /
   * classes}.
   */
  public static double loss(Rounding r, double[] x, int target, double smoothing) {
    return loss(r, x, goal(r, target, smoothing, null, x.length), 0);
  }

  /** {@code (softmax(x) - q) weight}. */
  public static double[] gradient(
      Rounding r, double[] x, int target, double smoothing, double weight) {
    return gradient(r, x, goal(r, target, smoothing, null, x.length), 0, weight);
  }

  /**
   * {@code -sum(goal log softmax(x)) + zLoss lse^2}.
   *
   * @param goal of each class, times the class's weight
   */
  public static double loss(Rounding r, double[] x, double[] goal, double zLoss) {
    double[] logs = logSoftmax(r, x);
    double loss = 0;
    for (int j = 0; j < x.length; j++) {
      if (goal[j] != 0) {
        loss = r.of(loss - r.of(goal[j] * logs[j]));
      }
    }
    double lse = logSumExp(r, x);
    return zLoss == 0 ? loss : r.of(loss + r.of(zLoss * r.of(lse * lse)));
  }

  /** {@code ((sum(goal) + 2 zLoss lse) softmax(x) - goal) weight}. */
  public static double[] gradient(
      Rounding r, double[] x, double[] goal, double zLoss, double weight) {
    double[] logs = logSoftmax(r, x);
    double factor = 0;
    for (double q : goal) {
      factor = r.of(factor + q);
    }
    if (zLoss != 0) {
      factor = r.of(factor + r.of(r.of(2 * zLoss) * logSumExp(r, x)));
    }
    double[] gradient = new double[x.length];
    for (int j = 0; j < x.length; j++) {
      double p = r.of(r.of(Math.exp(logs[j])) * factor);
      gradient[j] = r.of(r.of(p - goal[j]) * weight);
    }
    return gradient;
  }

  /**
   * {@code w ((1 - smoothing) onehot(target) + smoothing / classes)}.
   *
   * @param weights of the classes; null for ones
   */
  public static double[] goal(
      Rounding r, int target, double smoothing, double[] weights, int classes) {
    double[] onehot = new double[classes];
    onehot[target] = 1;
    return goal(r, onehot, smoothing, weights);
  }

  /** {@code w ((1 - smoothing) q + smoothing / classes)}. */
  public static double[] goal(Rounding r, double[] q, double smoothing, double[] weights) {
    double[] goal = new double[q.length];
    for (int j = 0; j < q.length; j++) {
      goal[j] = r.of(r.of(q[j] * r.of(1 - smoothing)) + r.of(smoothing / q.length));
      goal[j] = weights == null ? goal[j] : r.of(goal[j] * weights[j]);
    }
    return goal;
  }

  /** {@code log(sum(exp(x)))}, from the largest. */
  public static double logSumExp(Rounding r, double[] x) {
    double top = top(x);
    return r.of(top + r.of(Math.log(total(r, x, top))));
  }

  /** {@code x - log(sum(exp(x)))}, from the largest. */
  public static double[] logSoftmax(Rounding r, double[] x) {
    double top = top(x);
    double logTotal = r.of(Math.log(total(r, x, top)));
    double[] logs = new double[x.length];
    for (int j = 0; j < x.length; j++) {
      logs[j] = r.of(r.of(x[j] - top) - logTotal);
    }
    return logs;
  }

  private static double top(double[] x) {
    double top = Double.NEGATIVE_INFINITY;
    for (double value : x) {
      top = Math.max(top, value);
    }
    return top;
  }

  private static double total(Rounding r, double[] x, double top) {
    double total = 0;
    for (double value : x) {
      total = r.of(total + r.of(Math.exp(r.of(value - top))));
    }
    return total;
  }
}
