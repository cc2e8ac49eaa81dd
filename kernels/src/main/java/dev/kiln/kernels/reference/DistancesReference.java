package dev.kiln.kernels.reference;

/** Squared distances of points, the nearest centres, and the means of the points of each. */
public final class DistancesReference {
  private DistancesReference() {}

  /**
   * @param x {@code m x d}
   * @param c {@code n x d}
   * @return {@code m x n} squared distances
   */
  public static double[] squares(Rounding r, double[] x, double[] c, int m, int n, int d) {
    double[] squares = new double[m * n];
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        double sum = 0;
        for (int f = 0; f < d; f++) {
          double difference = r.of(x[i * d + f] - c[j * d + f]);
          sum = r.of(sum + r.of(difference * difference));
        }
        squares[i * n + j] = sum;
      }
    }
    return squares;
  }

  /** The first of the nearest columns of each of {@code m} rows; -1 if none is finite. */
  public static int[] nearest(double[] squares, int m, int n) {
    int[] nearest = new int[m];
    for (int i = 0; i < m; i++) {
      double best = Double.POSITIVE_INFINITY;
      nearest[i] = -1;
      for (int j = 0; j < n; j++) {
        if (squares[i * n + j] < best) {
          best = squares[i * n + j];
          nearest[i] = j;
        }
      }
    }
    return nearest;
  }

  /** The means of the points of each centre, or the centre itself where there are none. */
  public static double[] means(Rounding r, double[] x, int[] nearest, double[] centres, int d) {
    double[] means = centres.clone();
    int[] counts = counts(nearest, centres.length / d);
    for (int j = 0; j < counts.length; j++) {
      for (int f = 0; f < d && counts[j] > 0; f++) {
        double sum = 0;
        for (int i = 0; i < nearest.length; i++) {
          sum = nearest[i] == j ? r.of(sum + x[i * d + f]) : sum;
        }
        means[j * d + f] = r.of(sum / counts[j]);
      }
    }
    return means;
  }

  /** How many points each of {@code n} centres has. */
  public static int[] counts(int[] nearest, int n) {
    int[] counts = new int[n];
    for (int j : nearest) {
      if (j >= 0) {
        counts[j]++;
      }
    }
    return counts;
  }
}
