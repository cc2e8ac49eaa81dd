package dev.kiln.kernels.reference;

/** Pairs of numbers turn by an angle. */
public final class RotaryReference {
  private RotaryReference() {}

  /** The angle of a pair; {@code dimensions} numbers of a head turn. */
  public static double angle(Rounding r, double position, int pair, int dimensions, double base) {
    return r.of(position * r.of(Math.pow(base, -2.0 * pair / dimensions)));
  }

  /**
   * One head.
   *
   * @param cos one for each pair
   * @param interleaved whether a pair is of neighbours, or of halves
   * @param inverse whether it turns back
   */
  public static double[] turn(
      Rounding r, double[] x, double[] cos, double[] sin, boolean interleaved, boolean inverse) {
    double[] y = x.clone();
    int pairs = cos.length;
    for (int i = 0; i < pairs; i++) {
      int first = interleaved ? 2 * i : i;
      int second = interleaved ? 2 * i + 1 : i + pairs;
      double s = inverse ? -sin[i] : sin[i];
      y[first] = r.of(r.of(x[first] * cos[i]) - r.of(x[second] * s));
      y[second] = r.of(r.of(x[second] * cos[i]) + r.of(x[first] * s));
    }
    return y;
  }
}
