package dev.kiln.kernels.reference;

import dev.kiln.kernels.reduction.Reduction;

/** Reductions of {@code n} numbers to one, and their gradients. */
public final class ReductionReference {
  private ReductionReference() {}

  public static double value(Rounding r, Reduction f, double[] x) {
    return switch (f) {
      case SUM -> sum(r, x);
      case MEAN -> r.of(sum(r, x) / x.length);
      case PROD -> {
        double product = 1;
        for (double v : x) {
          product = r.of(product * v);
        }
        yield product;
      }
      case MAX -> x[largest(x, 1)];
      case MIN -> x[largest(x, -1)];
      case ANY -> {
        boolean any = false;
        for (double v : x) {
          any |= v != 0;
        }
        yield any ? 1 : 0;
      }
      case ALL -> {
        boolean all = true;
        for (double v : x) {
          all &= v != 0;
        }
        yield all ? 1 : 0;
      }
      case L1 -> {
        double sum = 0;
        for (double v : x) {
          sum = r.of(sum + Math.abs(v));
        }
        yield sum;
      }
      case L2 -> r.of(Math.sqrt(squares(r, x, 0)));
      case SUM_SQUARES -> squares(r, x, 0);
      case MAX_NORM -> {
        double most = 0;
        for (double v : x) {
          most = Math.max(most, Math.abs(v));
        }
        yield most;
      }
      case LOG_SUM_EXP -> {
        double top = x[largest(x, 1)];
        double shift = Double.isInfinite(top) ? 0 : top;
        double sum = 0;
        for (double v : x) {
          sum = r.of(sum + r.of(Math.exp(r.of(v - shift))));
        }
        yield r.of(r.of(Math.log(sum)) + shift);
      }
    };
  }

  /** The derivatives by each number, times {@code dy}. */
  public static double[] gradient(Rounding r, Reduction f, double[] x, double dy) {
    double y = value(r, f, x);
    double[] dx = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      dx[i] =
          switch (f) {
            case SUM -> dy;
            case MEAN -> r.of(dy / x.length);
            case L1 -> dy * Math.signum(x[i]);
            case L2 -> y == 0 ? 0 : r.of(x[i] * r.of(dy / y));
            case SUM_SQUARES -> r.of(x[i] * r.of(2 * dy));
            case LOG_SUM_EXP -> r.of(dy * r.of(Math.exp(r.of(x[i] - y))));
            case PROD, MAX, MIN, ANY, ALL, MAX_NORM -> throw new IllegalArgumentException();
          };
    }
    return dx;
  }

  public static double variance(Rounding r, double[] x, double correction) {
    return r.of(squares(r, x, r.of(sum(r, x) / x.length)) / (x.length - correction));
  }

  public static double[] varianceGradient(Rounding r, double[] x, double correction, double dy) {
    double mean = r.of(sum(r, x) / x.length);
    double factor = r.of(dy * r.of(2 / (x.length - correction)));
    double[] dx = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      dx[i] = r.of(r.of(x[i] - mean) * factor);
    }
    return dx;
  }

  /**
   * Where the largest number stands first, NaN being larger than all.
   *
   * @param sign -1 for the smallest, NaN being smaller than all
   */
  public static int largest(double[] x, int sign) {
    int best = 0;
    for (int i = 1; i < x.length; i++) {
      boolean isNan = Double.isNaN(x[i]) && !Double.isNaN(x[best]);
      best = isNan || sign * x[i] > sign * x[best] ? i : best;
    }
    return best;
  }

  private static double sum(Rounding r, double[] x) {
    double sum = 0;
    for (double v : x) {
      sum = r.of(sum + v);
    }
    return sum;
  }

  private static double squares(Rounding r, double[] x, double mean) {
    double sum = 0;
    for (double v : x) {
      double distance = r.of(v - mean);
      sum = r.of(sum + r.of(distance * distance));
    }
    return sum;
  }
}
