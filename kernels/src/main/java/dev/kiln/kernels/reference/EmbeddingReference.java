package dev.kiln.kernels.reference;

import java.util.Arrays;

/** Rows of a table by index, and the table's gradient; an index outside the table is no row. */
public final class EmbeddingReference {
  private EmbeddingReference() {}

  public static double[] rows(Rounding r, double[] table, int columns, int[] indices, double s) {
    double[] y = new double[indices.length * columns];
    int rows = table.length / columns;
    for (int t = 0; t < indices.length; t++) {
      boolean isRow = indices[t] >= 0 && indices[t] < rows;
      for (int j = 0; j < columns; j++) {
        y[t * columns + j] = isRow ? r.of(table[indices[t] * columns + j] * r.of(s)) : Double.NaN;
      }
    }
    return y;
  }

  /** The gradient of a table of {@code rows} rows; {@code padding} has none. */
  public static double[] gradient(
      Rounding r, double[] dy, int rows, int columns, int[] indices, double s, int padding) {
    double[] sums = new double[rows * columns];
    for (int t = 0; t < indices.length; t++) {
      if (indices[t] >= 0 && indices[t] < rows && indices[t] != padding) {
        for (int j = 0; j < columns; j++) {
          int at = indices[t] * columns + j;
          sums[at] = r.of(sums[at] + dy[t * columns + j]);
        }
      }
    }
    return Arrays.stream(sums).map(sum -> r.of(sum * r.of(s))).toArray();
  }
}
