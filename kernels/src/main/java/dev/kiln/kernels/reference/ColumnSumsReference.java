package dev.kiln.kernels.reference;

/** Sums of a matrix's columns. */
public final class ColumnSumsReference {
  private ColumnSumsReference() {}

  public static double[] sums(Rounding r, double[] x, int rows, int columns) {
    double[] sums = new double[columns];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        sums[j] = r.of(sums[j] + x[i * columns + j]);
      }
    }
    return sums;
  }
}
