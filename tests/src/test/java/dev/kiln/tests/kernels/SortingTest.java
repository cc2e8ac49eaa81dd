package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.rearrange.Sorting;
import dev.kiln.kernels.reference.SortReference;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SortingTest {
  private final Device cpu = Cases.tested();

  @Test
  void sortsStably() {
    for (Device device : Cases.devices()) {
      check(device, DType.FP32, 2, 37);
    }
    check(cpu, DType.FP32, 3, 256);
    check(cpu, DType.FP32, 2, 5001);
    check(cpu, DType.FP64, 2, 700);
    check(cpu, DType.BF16, 2, 513);
    check(cpu, DType.I64, 2, 300);
    check(cpu, DType.FP32, 4, 1);
  }

  /** Few different numbers, so that many are equal; NaN and both zeros among them. */
  private static double[] numbers(DType dtype, int n) {
    double[] x = Cases.normal(DType.FP32, n, n);
    Arrays.setAll(x, i -> Math.rint(x[i] * 8) + (i % 3 == 0 ? -0.0 : 0.0));
    if (dtype.isFloat() && n > 20) {
      x[5] = Double.NaN;
      x[11] = Double.NaN;
      x[12] = Double.NEGATIVE_INFINITY;
    }
    return x;
  }

  private static void check(Device device, DType dtype, int rows, int columns) {
    double[] x = numbers(dtype, rows * columns);
    NdArray in = NdArray.of(device, dtype, x, rows, columns);
    double[] held = in.toDoubles();
    NdArray values = NdArray.full(device, dtype, 77, rows, columns);
    NdArray index = NdArray.full(device, DType.I32, -1, rows, columns);
    var kernels = new Sorting(device);
    for (boolean descending : new boolean[] {false, true}) {
      kernels.sort(in, descending, values, index);
      for (int row = 0; row < rows; row++) {
        int[] order = order(held, row, columns, descending);
        String what = dtype + " row " + row + (descending ? " down" : " up");
        assertThat(Arrays.copyOfRange(index.toLongs(), row * columns, (row + 1) * columns))
            .as(what)
            .containsExactly(Arrays.stream(order).asLongStream().toArray());
        double[] sorted = new double[columns];
        int start = row * columns;
        Arrays.setAll(sorted, i -> held[start + order[i]]);
        assertThat(Arrays.copyOfRange(values.toDoubles(), start, start + columns))
            .as(what)
            .containsExactly(sorted);
      }
    }
  }

  private static int[] order(double[] x, int row, int columns, boolean descending) {
    return SortReference.order(
        Arrays.copyOfRange(x, row * columns, (row + 1) * columns), descending);
  }

  @Test
  void findsTheBest() {
    for (Device device : Cases.devices()) {
      checkTop(device, DType.FP32, 2, 40, 5);
    }
    checkTop(cpu, DType.FP32, 3, 5000, 100);
    checkTop(cpu, DType.BF16, 2, 3000, 128);
    checkTop(cpu, DType.FP64, 2, 33, 33);
    checkTop(cpu, DType.I32, 2, 70, 1);
    checkTop(cpu, DType.FP32, 2, 1000, 300);
  }

  private static void checkTop(Device device, DType dtype, int rows, int columns, int k) {
    double[] x = Cases.normal(DType.FP32, columns, rows * columns);
    Arrays.setAll(x, i -> Math.rint(x[i] * 8));
    NdArray in = NdArray.of(device, dtype, x, rows, columns);
    NdArray values = NdArray.full(device, dtype, 77, rows, k);
    NdArray index = NdArray.full(device, DType.I64, -1, rows, k);
    var kernels = new Sorting(device);
    for (boolean largest : new boolean[] {false, true}) {
      kernels.topK(in, k, largest, values, index);
      for (int row = 0; row < rows; row++) {
        int[] order = Arrays.copyOf(order(x, row, columns, largest), k);
        int start = row * columns;
        assertThat(Arrays.copyOfRange(index.toLongs(), row * k, (row + 1) * k))
            .as(dtype + " " + k)
            .containsExactly(Arrays.stream(order).asLongStream().toArray());
        assertThat(Arrays.copyOfRange(values.toDoubles(), row * k, (row + 1) * k))
            .containsExactly(Arrays.stream(order).mapToDouble(i -> x[start + i]).toArray());
      }
    }
  }

  /** Whatever stands for "none yet" in a list must not be taken for an element. */
  @Test
  void theBestMayBeTheWorstNumbersOfTheirType() {
    long[] x = {Long.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE, Long.MAX_VALUE};
    for (Device device : Cases.devices()) {
      NdArray in = NdArray.of(device, x, 1, 4);
      NdArray values = NdArray.full(device, DType.I64, 77, 1, 4);
      NdArray index = NdArray.full(device, DType.I64, -1, 1, 4);
      try (var kernels = new Sorting(device)) {
        kernels.topK(in, 4, true, values, index);
        assertThat(values.toLongs()).containsExactly(x[1], x[1], x[0], x[0]);
        assertThat(index.toLongs()).containsExactly(1, 3, 0, 2);
        kernels.topK(in, 4, false, values, index);
        assertThat(values.toLongs()).containsExactly(x[0], x[0], x[1], x[1]);
        assertThat(index.toLongs()).containsExactly(0, 2, 1, 3);
      }
    }
  }

  @Test
  void partsOfMatricesAndEmptyOnes() {
    NdArray all = NdArray.of(cpu, DType.FP32, new double[] {9, 3, 1, 2, 9, 9, 6, 5, 4, 9}, 2, 5);
    NdArray y = NdArray.zeros(cpu, DType.FP32, 2, 3);
    var kernels = new Sorting(cpu);
    kernels.sort(all.narrow(1, 1, 4), false, y, null);
    assertThat(y.toDoubles()).containsExactly(1, 2, 3, 4, 5, 6);
    NdArray none = NdArray.zeros(cpu, DType.FP32, 0, 3);
    kernels.sort(none, false, NdArray.zeros(cpu, DType.FP32, 0, 3), null);
    kernels.topK(all, 0, true, NdArray.zeros(cpu, DType.FP32, 2, 0), null);
  }

  @Test
  void refusesWhatBreaksTheRules() {
    var kernels = new Sorting(cpu);
    NdArray x = NdArray.zeros(cpu, DType.FP32, 2, 3);
    refused(
        () -> kernels.sort(x.permute(1, 0), true, x, null),
        "Sorting: argument 'x' must be a matrix whose rows have no gaps, but is fp32[3, 2] on cpu");
    refused(
        () -> kernels.sort(x, true, null, null),
        "Sorting: argument 'values' must be given if 'index' is not");
    refused(() -> kernels.sort(x, true, x, null), "Sorting: argument 'values' must not be 'x'");
    refused(
        () -> kernels.sort(x, true, null, x),
        "Sorting: argument 'index' must be i32 or i64, but is fp32[2, 3] on cpu");
    refused(
        () -> kernels.topK(x, 4, true, NdArray.zeros(cpu, DType.FP32, 2, 4), null),
        "Sorting: argument 'k' must be at most the length of a row, but is 4");
  }
}
