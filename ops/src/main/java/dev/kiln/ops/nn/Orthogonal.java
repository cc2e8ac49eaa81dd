package dev.kiln.ops.nn;

import dev.kiln.runtime.KilnException;
import java.util.Arrays;

/**
 * Orthogonal first values: the directions of normal vectors, made perpendicular one after the
 * other, twice each against rounding.
 */
record Orthogonal(double gain) implements Initialization {
  @Override
  public double[] values(Numbers random, long... shape) {
    if (shape.length < 2) {
      throw new KilnException(
          "initialization: orthogonal values need a matrix, but the shape is "
              + Arrays.toString(shape));
    }
    int rows = Math.toIntExact(shape[0]);
    int size = Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
    int columns = rows == 0 ? 0 : size / rows;
    int length = Math.max(rows, columns);
    double[][] vectors = new double[Math.min(rows, columns)][];
    for (int i = 0; i < vectors.length; i++) {
      vectors[i] = perpendicular(random.normal(length), vectors, i);
    }
    double[] values = new double[size];
    for (int i = 0; i < vectors.length; i++) {
      for (int j = 0; j < length; j++) {
        values[rows <= columns ? i * columns + j : j * columns + i] = gain * vectors[i][j];
      }
    }
    return values;
  }

  private static double[] perpendicular(double[] vector, double[][] others, int count) {
    for (int pass = 0; pass < 2; pass++) {
      for (int i = 0; i < count; i++) {
        add(vector, -dot(vector, others[i]), others[i]);
      }
    }
    double norm = Math.sqrt(dot(vector, vector));
    for (int j = 0; j < vector.length; j++) {
      vector[j] /= norm;
    }
    return vector;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int j = 0; j < a.length; j++) {
      sum += a[j] * b[j];
    }
    return sum;
  }

  private static void add(double[] target, double factor, double[] summand) {
    for (int j = 0; j < target.length; j++) {
      target[j] += factor * summand[j];
    }
  }
}
