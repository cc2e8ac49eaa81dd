package dev.kiln.ops.classical;

/** How mixed the goals of some samples are; 0 if they are all equal. */
public enum Impurity {
  /** {@code 1 - sum p^2}, of classes. */
  GINI {
    @Override
    double of(Tally tally) {
      return gini(tally.means());
    }
  },
  /** {@code - sum p log2 p}, of classes: in bits. */
  ENTROPY {
    @Override
    double of(Tally tally) {
      return entropy(tally.means());
    }
  },
  /** The mean squared deviation from the mean, of numbers. */
  VARIANCE {
    @Override
    double of(Tally tally) {
      return tally.variance();
    }
  };

  abstract double of(Tally tally);

  /** {@code 1 - sum p^2}. */
  public static double gini(double... shares) {
    double sum = 0;
    for (double p : shares) {
      sum += p * p;
    }
    return Math.max(0, 1 - sum);
  }

  /** {@code - sum p log2 p} with {@code 0 log 0 = 0}. */
  public static double entropy(double... shares) {
    double sum = 0;
    for (double p : shares) {
      sum -= p > 0 ? p * Math.log(p) / Math.log(2) : 0;
    }
    return sum;
  }
}
