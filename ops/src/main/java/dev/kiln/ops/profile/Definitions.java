package dev.kiln.ops.profile;

import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.function.IntToDoubleFunction;

/** What definitions of operations in plain Java have in common: rows and elements. */
final class Definitions {
  private Definitions() {}

  /** Row {@code i} of a matrix. */
  static double[] row(double[] matrix, int columns, int i) {
    return Arrays.copyOfRange(matrix, i * columns, (i + 1) * columns);
  }

  /** Each row by itself. */
  static double[] rows(int rows, IntFunction<double[]> row) {
    double[] result = null;
    for (int i = 0; i < rows; i++) {
      double[] values = row.apply(i);
      result = result == null ? new double[rows * values.length] : result;
      System.arraycopy(values, 0, result, i * values.length, values.length);
    }
    return result;
  }

  /** Each element by itself. */
  static double[] each(int count, IntToDoubleFunction element) {
    double[] values = new double[count];
    Arrays.setAll(values, element);
    return values;
  }

  /** Integers. */
  static int[] integers(double[] values) {
    return Arrays.stream(values).mapToInt(x -> (int) x).toArray();
  }

  static double[] numbers(int[] integers) {
    return Arrays.stream(integers).asDoubleStream().toArray();
  }
}
