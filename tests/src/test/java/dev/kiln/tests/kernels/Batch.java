package dev.kiln.tests.kernels;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.function.Function;
import java.util.function.IntFunction;

/** Numbers in rows: arrays of a device and double precision side by side. */
record Batch(double[] values, int columns) {
  static Batch normal(DType dtype, long seed, int rows, int columns) {
    return new Batch(Cases.normal(dtype, seed, rows * columns), columns);
  }

  /** Each row by itself. */
  static Batch ofRows(int rows, int columns, IntFunction<double[]> row) {
    double[] values = new double[rows * columns];
    for (int i = 0; i < rows; i++) {
      System.arraycopy(row.apply(i), 0, values, i * columns, columns);
    }
    return new Batch(values, columns);
  }

  int rows() {
    return columns == 0 ? 0 : values.length / columns;
  }

  double[] row(int i) {
    return Arrays.copyOfRange(values, i * columns, (i + 1) * columns);
  }

  NdArray on(Device device, DType dtype) {
    return NdArray.of(device, dtype, values, rows(), columns);
  }

  /**
   * Compares a result with a computation in plain and in double precision, by the error rule of its
   * dtype.
   *
   * @param compute the numbers under a rounding
   * @param terms how many numbers each result adds up
   */
  static void check(String what, NdArray actual, Function<Rounding, double[]> compute, int terms) {
    double[] exact = compute.apply(Rounding.EXACT);
    if (actual.dtype() == DType.FP64) {
      ErrorRule.checkFp64(what, actual.toDoubles(), exact, terms);
    } else {
      double[] plain = Rounding.to(actual.dtype()).of(compute.apply(Rounding.FP32));
      ErrorRule.check(what, actual.dtype(), actual.toDoubles(), plain, exact);
    }
  }
}
