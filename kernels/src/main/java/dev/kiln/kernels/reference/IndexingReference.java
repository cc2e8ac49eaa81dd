package dev.kiln.kernels.reference;

/**
 * Elements chosen by index along the middle axis of arrays that count as {@code outer x length x
 * inner}, and the ways back.
 */
public final class IndexingReference {
  private IndexingReference() {}

  /** Where the element of {@code index} at {@code i} points to in the indexed array; -1 outside. */
  private static int place(int i, int index, int length, int count, int inner) {
    boolean isInside = index >= 0 && index < length;
    return isInside ? (i / (count * inner) * length + index) * inner + i % inner : -1;
  }

  public static double[] gather(double[] x, int length, int[] index, int count, int inner) {
    double[] y = new double[index.length];
    for (int i = 0; i < y.length; i++) {
      int place = place(i, index[i], length, count, inner);
      y[i] = place < 0 ? Double.NaN : x[place];
    }
    return y;
  }

  /** Changes {@code y}. */
  public static void scatter(
      Rounding r,
      double[] x,
      int[] index,
      int count,
      int inner,
      boolean add,
      double[] y,
      int length) {
    for (int i = 0; i < x.length; i++) {
      int place = place(i, index[i], length, count, inner);
      if (place >= 0) {
        y[place] = add ? r.of(y[place] + x[i]) : x[i];
      }
    }
  }
}
