package dev.kiln.ops.metric;

import dev.kiln.runtime.KilnException;

/**
 * Entropies and divergences of discrete distributions, in nats; divide by {@code Math.log(2)} for
 * bits. {@code 0 log 0} is 0.
 */
public final class Information {
  private Information() {}

  /** {@code H(p) = -sum p log p}. */
  public static double entropy(double[] p) {
    return crossEntropy(p, p);
  }

  /** {@code H(p, q) = -sum p log q}; infinite where q is 0 and p is not. */
  public static double crossEntropy(double[] p, double[] q) {
    check("cross-entropy", p, q);
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      sum -= p[i] == 0 ? 0 : p[i] * Math.log(q[i]);
    }
    return sum;
  }

  /** {@code KL(p, q) = H(p, q) - H(p)}: 0 only for equal distributions, else above. */
  public static double divergence(double[] p, double[] q) {
    check("KL divergence", p, q);
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      sum += p[i] == 0 ? 0 : p[i] * Math.log(p[i] / q[i]);
    }
    return Math.max(0, sum);
  }

  /** Jensen and Shannon's divergence: at most log 2, which disjoint distributions reach. */
  public static double symmetricDivergence(double[] p, double[] q) {
    check("JS divergence", p, q);
    double[] middle = new double[p.length];
    for (int i = 0; i < p.length; i++) {
      middle[i] = (p[i] + q[i]) / 2;
    }
    return (divergence(p, middle) + divergence(q, middle)) / 2;
  }

  private static void check(String operation, double[] p, double[] q) {
    if (p.length != q.length) {
      throw new KilnException(
          "%s: distributions over %d and %d values; they must be over the same"
              .formatted(operation, p.length, q.length));
    }
    for (int i = 0; i < p.length; i++) {
      if (!(p[i] >= 0 && p[i] <= 1 && q[i] >= 0 && q[i] <= 1)) {
        throw new KilnException(
            "%s: probabilities %s and %s at %d; they lie between 0 and 1"
                .formatted(operation, p[i], q[i], i));
      }
    }
  }
}
