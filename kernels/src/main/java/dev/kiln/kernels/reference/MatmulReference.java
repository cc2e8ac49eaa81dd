package dev.kiln.kernels.reference;

import dev.kiln.kernels.elementwise.Activation;

/** {@code c = activation(a b + bias)}. */
public final class MatmulReference {
  private MatmulReference() {}

  /**
   * @param a {@code m x k}
   * @param b {@code k x n}
   * @param bias {@code n} numbers, or null
   * @return {@code m x n}
   */
  public static double[] product(
      Rounding r,
      double[] a,
      double[] b,
      double[] bias,
      Activation activation,
      int m,
      int n,
      int k) {
    double[] products = product(r, a, b, m, n, k);
    return EpilogueReference.of(bias, activation).of(r, products, n);
  }

  /** {@code a b}: {@code m x k} by {@code k x n}. */
  public static double[] product(Rounding r, double[] a, double[] b, int m, int n, int k) {
    double[] c = new double[m * n];
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        double sum = 0;
        for (int l = 0; l < k; l++) {
          sum = r.of(sum + r.of(a[i * k + l] * b[l * n + j]));
        }
        c[i * n + j] = sum;
      }
    }
    return c;
  }

  /**
   * Gradients of {@code y = x w}.
   *
   * @param x {@code m x k}
   * @param w {@code k x n}
   * @param dy {@code m x n}
   */
  public static Gradients gradients(
      Rounding r, double[] x, double[] w, double[] dy, int m, int n, int k) {
    return new Gradients(
        product(r, dy, transpose(w, k, n), m, k, n), product(r, transpose(x, m, k), dy, k, n, m));
  }

  /** Of {@code x}, and of {@code w}. */
  public record Gradients(double[] x, double[] w) {}

  /** Rows become columns. */
  public static double[] transpose(double[] a, int rows, int columns) {
    double[] t = new double[a.length];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        t[j * rows + i] = a[i * columns + j];
      }
    }
    return t;
  }
}
