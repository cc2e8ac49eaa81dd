package dev.kiln.kernels.reference;

/** Weight norm of a row, and its gradients. */
public final class WeightNormReference {
  private WeightNormReference() {}

  public static double norm(Rounding r, double[] v) {
    return r.of(Math.sqrt(dot(r, v, v)));
  }

  /** {@code g v / |v|}. */
  public static double[] forward(Rounding r, double[] v, double g) {
    double scale = r.of(g / norm(r, v));
    double[] w = new double[v.length];
    for (int i = 0; i < v.length; i++) {
      w[i] = r.of(v[i] * scale);
    }
    return w;
  }

  /** {@code dw.v / |v|}. */
  public static double dg(Rounding r, double[] dw, double[] v) {
    return r.of(dot(r, dw, v) / norm(r, v));
  }

  /** {@code g / |v| (dw - (dw.v) v / |v|^2)}. */
  public static double[] dv(Rounding r, double[] dw, double[] v, double g) {
    double norm = norm(r, v);
    double scale = r.of(g / norm);
    double along = r.of(dg(r, dw, v) / norm);
    double[] dv = new double[v.length];
    for (int i = 0; i < v.length; i++) {
      dv[i] = r.of(scale * r.of(dw[i] - r.of(along * v[i])));
    }
    return dv;
  }

  public static double dot(Rounding r, double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum = r.of(sum + r.of(a[i] * b[i]));
    }
    return sum;
  }
}
