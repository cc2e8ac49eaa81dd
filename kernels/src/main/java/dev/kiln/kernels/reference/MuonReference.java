package dev.kiln.kernels.reference;

import dev.kiln.kernels.optimizer.Muon;

/**
 * A step of Muon: Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024.
 */
public final class MuonReference {
  private static final double A = 3.4445;
  private static final double B = -4.7750;
  private static final double C = 2.0315;
  private static final int STEPS = 5;

  private MuonReference() {}

  /**
   * Changes weights {@code w} and momentum {@code m}, matrices of {@code rows x columns}.
   *
   * @param g gradients
   */
  public static void step(
      Rounding r,
      double[] w,
      double[] g,
      double[] m,
      int rows,
      int columns,
      Muon.Options o,
      double lr) {
    double[] update = new double[w.length];
    for (int i = 0; i < w.length; i++) {
      m[i] = r.of(m[i] + r.of(r.of(g[i] - m[i]) * r.of(1 - o.momentum())));
      update[i] = o.nesterov() ? r.of(g[i] + r.of(r.of(m[i] - g[i]) * r.of(o.momentum()))) : m[i];
    }
    double[] x = orthogonal(r, update, rows, columns);
    double rate = r.of(lr * Math.sqrt(Math.max(1, (double) rows / columns)));
    for (int i = 0; i < w.length; i++) {
      w[i] = r.of(r.of(w[i] * r.of(1 - lr * o.weightDecay())) - r.of(rate * x[i]));
    }
  }

  /** Nearly the orthogonal matrix that is nearest: singular values between about 0.7 and 1.2. */
  public static double[] orthogonal(Rounding r, double[] matrix, int rows, int columns) {
    if (rows > columns) {
      double[] turned = MatmulReference.transpose(matrix, rows, columns);
      return MatmulReference.transpose(orthogonal(r, turned, columns, rows), columns, rows);
    }
    double norm = r.of(OptimizerReference.norm(r, 1, matrix) + 1e-7);
    double[] x = new double[matrix.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = r.of(matrix[i] / norm);
    }
    for (int step = 0; step < STEPS; step++) {
      double[] turned = MatmulReference.transpose(x, rows, columns);
      double[] s = MatmulReference.product(r, x, turned, rows, rows, columns);
      double[] ss = MatmulReference.product(r, s, s, rows, rows, rows);
      double[] polynomial = new double[s.length];
      for (int i = 0; i < s.length; i++) {
        polynomial[i] = r.of(r.of(r.of(B) * s[i]) + r.of(r.of(C) * ss[i]));
      }
      double[] change = MatmulReference.product(r, polynomial, x, rows, columns, rows);
      for (int i = 0; i < x.length; i++) {
        x[i] = r.of(r.of(r.of(A) * x[i]) + change[i]);
      }
    }
    return x;
  }
}
