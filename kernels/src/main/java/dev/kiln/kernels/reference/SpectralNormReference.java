package dev.kiln.kernels.reference;

/** Spectral norm of a matrix of {@code u.length x v.length} with given vectors. */
public final class SpectralNormReference {
  private SpectralNormReference() {}

  /** {@code u^T w v}. */
  public static double sigma(Rounding r, double[] w, double[] u, double[] v) {
    double sigma = 0;
    for (int i = 0; i < u.length; i++) {
      double sum = 0;
      for (int j = 0; j < v.length; j++) {
        sum = r.of(sum + r.of(w[i * v.length + j] * v[j]));
      }
      sigma = r.of(sigma + r.of(u[i] * sum));
    }
    return sigma;
  }

  /** {@code w / sigma}. */
  public static double[] forward(Rounding r, double[] w, double[] u, double[] v) {
    double sigma = sigma(r, w, u, v);
    double[] y = new double[w.length];
    for (int i = 0; i < w.length; i++) {
      y[i] = r.of(w[i] / sigma);
    }
    return y;
  }

  /** {@code (dy - sum(dy y) u v^T) / sigma}. */
  public static double[] backward(Rounding r, double[] dy, double[] w, double[] u, double[] v) {
    double sigma = sigma(r, w, u, v);
    double dot = WeightNormReference.dot(r, dy, forward(r, w, u, v));
    double[] dw = new double[w.length];
    for (int i = 0; i < w.length; i++) {
      double outer = r.of(u[i / v.length] * v[i % v.length]);
      dw[i] = r.of(r.of(dy[i] - r.of(dot * outer)) / sigma);
    }
    return dw;
  }

  /** The largest singular value: of the eigenvalues of {@code w^T w}, by Jacobi's rotations. */
  public static double largestSingularValue(double[] w, int rows, int columns) {
    double[][] a = new double[columns][columns];
    for (int p = 0; p < columns; p++) {
      for (int q = 0; q < columns; q++) {
        for (int i = 0; i < rows; i++) {
          a[p][q] += w[i * columns + p] * w[i * columns + q];
        }
      }
    }
    for (int sweep = 0; sweep < 30; sweep++) {
      for (int p = 0; p < columns; p++) {
        for (int q = p + 1; q < columns; q++) {
          rotate(a, p, q);
        }
      }
    }
    double largest = 0;
    for (int p = 0; p < columns; p++) {
      largest = Math.max(largest, a[p][p]);
    }
    return Math.sqrt(largest);
  }

  private static void rotate(double[][] a, int p, int q) {
    double angle = 0.5 * Math.atan2(2 * a[p][q], a[q][q] - a[p][p]);
    double c = Math.cos(angle);
    double s = Math.sin(angle);
    for (int k = 0; k < a.length; k++) {
      double x = a[k][p];
      double y = a[k][q];
      a[k][p] = c * x - s * y;
      a[k][q] = s * x + c * y;
    }
    for (int k = 0; k < a.length; k++) {
      double x = a[p][k];
      double y = a[q][k];
      a[p][k] = c * x - s * y;
      a[q][k] = s * x + c * y;
    }
  }
}
