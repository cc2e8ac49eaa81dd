package dev.kiln.kernels.reference;

import java.util.Comparator;
import java.util.stream.IntStream;

/** The stable order of numbers. */
public final class SortReference {
  private SortReference() {}

  /** Where each element of the sorted row comes from; NaN is the largest, zeros are equal. */
  public static int[] order(double[] x, boolean descending) {
    Comparator<Integer> ascending = Comparator.comparingDouble(i -> x[i] == 0 ? 0.0 : x[i]);
    return IntStream.range(0, x.length)
        .boxed()
        .sorted(descending ? ascending.reversed() : ascending)
        .mapToInt(i -> i)
        .toArray();
  }
}
