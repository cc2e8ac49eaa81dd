package dev.kiln.ops.classical;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * The eigenvalues of a symmetric matrix, the largest first, and their vectors, by Jacobi's cyclic
 * rotations (Golub and Van Loan, "Matrix Computations", 8.5). Slow for many hundreds of rows, but
 * exact to the last digits, and vectors are orthogonal.
 *
 * @param values the eigenvalues
 * @param vectors a row for each; its entry of the largest magnitude is positive
 */
public record SymmetricEigen(double[] values, double[][] vectors) {
  private static final String NAME = "SymmetricEigen";

  /** Convergence is quadratic: ten sweeps are rare. */
  private static final int MOST_SWEEPS = 100;

  /**
   * @param matrix square and symmetric; only its lower triangle is read
   * @throws dev.kiln.runtime.KilnException if it is not square, or a number is not finite
   */
  public static SymmetricEigen of(double[][] matrix) {
    int n = Inputs.rows(NAME, matrix);
    Inputs.sameLength(NAME, "columns", n, matrix.length);
    double[][] a = new double[n][n];
    double[][] v = new double[n][n];
    for (int i = 0; i < n; i++) {
      v[i][i] = 1;
      for (int j = 0; j <= i; j++) {
        a[i][j] = matrix[i][j];
        a[j][i] = matrix[i][j];
      }
    }
    boolean isDiagonal = false;
    for (int sweep = 0; !isDiagonal; sweep++) {
      if (sweep == MOST_SWEEPS) {
        throw Inputs.fault(NAME, "no convergence after " + MOST_SWEEPS + " sweeps");
      }
      isDiagonal = true;
      for (int p = 0; p < n; p++) {
        for (int q = p + 1; q < n; q++) {
          if (Math.abs(a[p][q]) > Math.ulp(Math.sqrt(Math.abs(a[p][p] * a[q][q]))) / 2) {
            isDiagonal = false;
            rotate(a, v, p, q);
          }
        }
      }
    }
    return sorted(a, v);
  }

  /** Makes {@code a[p][q]} zero. The rows of {@code v} become the vectors. */
  private static void rotate(double[][] a, double[][] v, int p, int q) {
    double tau = (a[q][q] - a[p][p]) / (2 * a[p][q]);
    double t = Math.copySign(1, tau) / (Math.abs(tau) + Math.hypot(1, tau));
    double c = 1 / Math.hypot(1, t);
    double s = t * c;
    for (double[] row : a) {
      double rp = row[p];
      row[p] = c * rp - s * row[q];
      row[q] = s * rp + c * row[q];
    }
    turn(a[p], a[q], c, s);
    turn(v[p], v[q], c, s);
    a[p][q] = 0;
    a[q][p] = 0;
  }

  private static void turn(double[] p, double[] q, double c, double s) {
    for (int k = 0; k < p.length; k++) {
      double pk = p[k];
      p[k] = c * pk - s * q[k];
      q[k] = s * pk + c * q[k];
    }
  }

  private static SymmetricEigen sorted(double[][] a, double[][] v) {
    int n = a.length;
    int[] order =
        IntStream.range(0, n)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer i) -> a[i][i]).reversed())
            .mapToInt(i -> i)
            .toArray();
    double[] values = new double[n];
    double[][] vectors = new double[n][];
    for (int i = 0; i < n; i++) {
      values[i] = a[order[i]][order[i]];
      vectors[i] = withPositivePeak(v[order[i]]);
    }
    return new SymmetricEigen(values, vectors);
  }

  private static double[] withPositivePeak(double[] vector) {
    double peak = 0;
    for (double x : vector) {
      peak = Math.abs(x) > Math.abs(peak) ? x : peak;
    }
    double sign = peak < 0 ? -1 : 1;
    return Arrays.stream(vector).map(x -> sign * x).toArray();
  }
}
