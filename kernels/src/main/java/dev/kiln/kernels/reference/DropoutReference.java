package dev.kiln.kernels.reference;

/**
 * Element {@code i} is kept where the seed's number {@code offset + i} exceeds {@code p}. Forward
 * and backward are the same.
 */
public final class DropoutReference {
  private DropoutReference() {}

  public static double[] apply(Rounding r, double[] x, double p, long seed, long offset) {
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] = isKept(p, seed, offset + i) ? r.of(x[i] * r.of(1 / (1 - p))) : 0;
    }
    return y;
  }

  public static boolean isKept(double p, long seed, long index) {
    return Philox.uniform(seed, index) > (float) p;
  }
}
