package dev.kiln.ops.classical;

/** The lower triangle {@code l} of a symmetric, positive definite matrix {@code l l^T}. */
final class Cholesky {
  /** A pivot so much smaller than what stood there is rounding, not a number. */
  private static final double LEAST_SHARE = 1e-13;

  private final double[][] lower;

  private Cholesky(double[][] lower) {
    this.lower = lower;
  }

  /**
   * @param matrix of which only the lower triangle is read
   */
  static Cholesky of(String operation, double[][] matrix) {
    int n = matrix.length;
    double[][] l = new double[n][n];
    for (int j = 0; j < n; j++) {
      double pivot = matrix[j][j] - dot(l[j], l[j], j);
      if (!(pivot > LEAST_SHARE * matrix[j][j])) {
        throw Inputs.fault(
            operation, "column " + j + " depends on others: leave it out, or use a ridge above 0");
      }
      l[j][j] = Math.sqrt(pivot);
      for (int i = j + 1; i < n; i++) {
        l[i][j] = (matrix[i][j] - dot(l[i], l[j], j)) / l[j][j];
      }
    }
    return new Cholesky(l);
  }

  double[] solve(double[] right) {
    int n = lower.length;
    double[] x = right.clone();
    for (int i = 0; i < n; i++) {
      x[i] = (x[i] - dot(lower[i], x, i)) / lower[i][i];
    }
    for (int i = n - 1; i >= 0; i--) {
      for (int j = i + 1; j < n; j++) {
        x[i] -= lower[j][i] * x[j];
      }
      x[i] /= lower[i][i];
    }
    return x;
  }

  private static double dot(double[] a, double[] b, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
