package dev.kiln.ops.classical;

/** Sums over the goals of samples, to which samples are added and from which they are taken. */
final class Tally {
  private final double[] origin;
  private final double[] sums;
  private double squares;
  private int count;

  /**
   * @param origin what goals are measured from: close to them, lest their squares cancel
   */
  Tally(double[] origin) {
    this.origin = origin;
    sums = new double[origin.length];
  }

  void add(double[] goal, int sign) {
    count += sign;
    for (int c = 0; c < sums.length; c++) {
      double distance = goal[c] - origin[c];
      sums[c] += sign * distance;
      squares += sign * distance * distance;
    }
  }

  int count() {
    return count;
  }

  double[] means() {
    double[] means = new double[sums.length];
    for (int c = 0; c < means.length; c++) {
      means[c] = origin[c] + sums[c] / count;
    }
    return means;
  }

  /** Summed over the numbers of a goal; 0 if all goals are equal. */
  double variance() {
    double variance = squares / count;
    for (double sum : sums) {
      variance -= sum / count * (sum / count);
    }
    return Math.max(0, variance);
  }
}
