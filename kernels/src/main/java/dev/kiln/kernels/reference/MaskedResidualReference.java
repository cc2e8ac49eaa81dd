package dev.kiln.kernels.reference;

/** {@code prediction + offset - target} where a mask is not 0, otherwise 0. */
public final class MaskedResidualReference {
  private MaskedResidualReference() {}

  /**
   * @param offset one number for each of the columns, or null
   */
  public static double[] residual(
      Rounding r, double[] prediction, double[] target, double[] mask, double[] offset, int cols) {
    double[] residual = new double[prediction.length];
    for (int i = 0; i < residual.length; i++) {
      if (mask[i] != 0) {
        double p = offset == null ? prediction[i] : r.of(prediction[i] + offset[i % cols]);
        residual[i] = r.of(p - target[i]);
      }
    }
    return residual;
  }

  /** The sum of squares of each row. */
  public static double[] squares(Rounding r, double[] residual, int rows, int cols) {
    double[] sums = new double[rows];
    for (int i = 0; i < rows * cols; i++) {
      sums[i / cols] = r.of(sums[i / cols] + r.of(residual[i] * residual[i]));
    }
    return sums;
  }
}
