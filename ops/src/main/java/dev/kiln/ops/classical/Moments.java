package dev.kiln.ops.classical;

/** Means and variances of columns. */
final class Moments {
  private Moments() {}

  static double[] means(double[][] rows) {
    double[] means = new double[rows[0].length];
    for (double[] row : rows) {
      for (int j = 0; j < means.length; j++) {
        means[j] += row[j] / rows.length;
      }
    }
    return means;
  }

  /** Of the rows themselves, over their number: no estimate for others. */
  static double[] variances(double[][] rows, double[] means) {
    double[] variances = new double[means.length];
    for (double[] row : rows) {
      for (int j = 0; j < means.length; j++) {
        double deviation = row[j] - means[j];
        variances[j] += deviation * deviation / rows.length;
      }
    }
    return variances;
  }
}
