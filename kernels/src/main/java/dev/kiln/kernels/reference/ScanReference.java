package dev.kiln.kernels.reference;

import dev.kiln.kernels.reduction.Scans;

/** Running sums and others of one row of numbers, and the gradients. */
public final class ScanReference {
  private ScanReference() {}

  public static double[] scan(
      Rounding r, Scans.Kind kind, double[] x, boolean reverse, boolean exclusive) {
    double[] y = new double[x.length];
    double running =
        switch (kind) {
          case SUM -> 0;
          case PROD -> 1;
          case MAX, LOG_SUM_EXP -> Double.NEGATIVE_INFINITY;
        };
    for (int step = 0; step < x.length; step++) {
      int i = reverse ? x.length - 1 - step : step;
      double before = running;
      running =
          switch (kind) {
            case SUM -> r.of(running + x[i]);
            case PROD -> r.of(running * x[i]);
            case MAX -> Math.max(running, x[i]);
            case LOG_SUM_EXP -> logAdd(r, running, x[i]);
          };
      y[i] = exclusive ? before : running;
    }
    return y;
  }

  private static double logAdd(Rounding r, double a, double b) {
    double high = Math.max(a, b);
    if (Double.isInfinite(high)) {
      return high;
    }
    double gap = r.of(Math.min(a, b) - high);
    return r.of(high + r.of(Math.log(r.of(1 + r.of(Math.exp(gap))))));
  }

  public static double[] sumGradient(Rounding r, double[] dy, boolean reverse) {
    return scan(r, Scans.Kind.SUM, dy, !reverse, false);
  }

  public static double[] productGradient(Rounding r, double[] x, double[] dy, boolean reverse) {
    double[] dx = new double[x.length];
    double[] before = scan(r, Scans.Kind.PROD, x, reverse, true);
    double behind = 0;
    for (int step = 0; step < x.length; step++) {
      int i = reverse ? step : x.length - 1 - step;
      behind = r.of(behind + dy[i]);
      dx[i] = r.of(before[i] * behind);
      behind = r.of(behind * x[i]);
    }
    return dx;
  }
}
