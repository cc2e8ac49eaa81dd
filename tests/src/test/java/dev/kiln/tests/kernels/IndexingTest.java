package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.rearrange.Indexing;
import dev.kiln.kernels.reference.IndexingReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class IndexingTest {
  private final Device cpu = Cases.tested();

  @Test
  void elementsAndTheWayBack() {
    for (Device device : Cases.devices()) {
      check(device, DType.FP32, 2, 5, 7, 3);
      check(device, DType.FP32, 3, 5, 7, 1);
    }
    check(cpu, DType.BF16, 1, 40, 50, 30);
    check(cpu, DType.FP16, 30, 40, 50, 1);
    check(cpu, DType.FP64, 1, 40, 2000, 1);
  }

  private static void check(
      Device device, DType dtype, int outer, int length, int count, int inner) {
    double[] x = Cases.normal(dtype, 3, outer * length * inner);
    double[] dy = Cases.normal(dtype, 4, outer * count * inner);
    int[] index = indices(dy.length, length);
    NdArray at = NdArray.of(device, index, outer, count, inner);
    NdArray y = NdArray.full(device, dtype, 77, outer, count, inner);
    var kernels = new Indexing(device);
    kernels.gather(NdArray.of(device, dtype, x, outer, length, inner), 1, at, y);
    assertThat(y.toDoubles())
        .containsExactly(IndexingReference.gather(x, length, index, count, inner));
    for (boolean add : new boolean[] {false, true}) {
      NdArray target = NdArray.of(device, dtype, x, outer, length, inner);
      NdArray source = NdArray.of(device, dtype, dy, outer, count, inner);
      if (add) {
        kernels.scatterAdd(source, -2, at, target);
      } else {
        kernels.scatter(source, -2, at, target);
      }
      double[] exact = x.clone();
      double[] plain = x.clone();
      IndexingReference.scatter(Rounding.EXACT, dy, index, count, inner, add, exact, length);
      IndexingReference.scatter(Rounding.FP32, dy, index, count, inner, add, plain, length);
      compare(dtype, target, plain, exact, count);
    }
  }

  @Test
  void slicesAndTheWayBack() {
    for (Device device : Cases.devices()) {
      checkSlices(device, DType.FP32, 2, 5, 7, 3);
    }
    checkSlices(cpu, DType.BF16, 1, 40, 70, 300);
    checkSlices(cpu, DType.FP32, 5, 40, 7, 1);
  }

  private static void checkSlices(
      Device device, DType dtype, int outer, int length, int count, int inner) {
    double[] x = Cases.normal(dtype, 3, outer * length * inner);
    double[] dy = Cases.normal(dtype, 4, outer * count * inner);
    int[] index = indices(count, length);
    int[] ofEach = new int[dy.length];
    Arrays.setAll(ofEach, i -> index[i / inner % count]);
    NdArray at = NdArray.of(device, index, count);
    NdArray y = NdArray.full(device, dtype, 77, outer, count, inner);
    var kernels = new Indexing(device);
    kernels.select(NdArray.of(device, dtype, x, outer, length, inner), 1, at, y);
    assertThat(y.toDoubles())
        .containsExactly(IndexingReference.gather(x, length, ofEach, count, inner));
    NdArray target = NdArray.of(device, dtype, x, outer, length, inner);
    kernels.addRows(NdArray.of(device, dtype, dy, outer, count, inner), 1, at, target);
    double[] exact = x.clone();
    double[] plain = x.clone();
    IndexingReference.scatter(Rounding.EXACT, dy, ofEach, count, inner, true, exact, length);
    IndexingReference.scatter(Rounding.FP32, dy, ofEach, count, inner, true, plain, length);
    compare(dtype, target, plain, exact, count);
  }

  /** Most of them on the axis, many more than once. */
  private static int[] indices(int n, int length) {
    var random = new SplittableRandom(n);
    int[] index = new int[n];
    Arrays.setAll(index, i -> random.nextInt(0, length));
    index[0] = -1;
    index[n - 1] = length;
    return index;
  }

  private static void compare(
      DType dtype, NdArray actual, double[] plain, double[] exact, int terms) {
    if (dtype == DType.FP64) {
      ErrorRule.checkFp64("sums", actual.toDoubles(), exact, terms);
    } else {
      double[] rounded = Rounding.to(dtype).of(plain);
      ErrorRule.check("sums", dtype, actual.toDoubles(), rounded, exact);
    }
  }

  @Test
  void integersAndEmptyArrays() {
    NdArray x = NdArray.of(cpu, new long[] {(1L << 53) + 1, 2, 3}, 3);
    NdArray index = NdArray.of(cpu, new long[] {2, 0, 7}, 3);
    NdArray y = NdArray.zeros(cpu, DType.I64, 3);
    var kernels = new Indexing(cpu);
    kernels.gather(x, 0, index, y);
    assertThat(y.toLongs()).containsExactly(3, (1L << 53) + 1, 0);
    kernels.scatterAdd(x, 0, NdArray.of(cpu, new int[] {1, 1, 1}, 3), y);
    assertThat(y.toLongs()).containsExactly(3, (1L << 54) + 7, 0);
    NdArray none = NdArray.zeros(cpu, DType.I64, 0);
    kernels.gather(x, 0, none, NdArray.zeros(cpu, DType.I64, 0));
    kernels.addRows(none, 0, none, y);
  }

  @Test
  void refusesWhatBreaksTheRules() {
    var kernels = new Indexing(cpu);
    NdArray x = NdArray.zeros(cpu, DType.FP32, 2, 3);
    NdArray y = NdArray.zeros(cpu, DType.FP32, 2, 3);
    NdArray index = NdArray.zeros(cpu, DType.I32, 2, 3);
    NdArray vector = NdArray.zeros(cpu, DType.I32, 4);
    refused(
        () -> kernels.gather(x, 2, index, y),
        "Indexing: argument 'axis' must be an axis of 'x', but is 2 for fp32[2, 3] on cpu");
    refused(
        () -> kernels.gather(x, 1, y, y),
        "Indexing: argument 'index' must be i32 or i64, but is fp32[2, 3] on cpu");
    refused(() -> kernels.gather(x, 1, index, x), "Indexing: argument 'y' must not be 'x'");
    refused(
        () -> kernels.select(x, 1, vector, y),
        "Indexing: argument 'y' must have the shape of fp32[2, 3] on cpu but for the axis, but is"
            + " fp32[2, 3] on cpu");
    refused(
        () -> kernels.select(x, 1, index, y),
        "Indexing: argument 'index' must be a vector of 6, but is i32[2, 3] on cpu");
    refused(
        () -> kernels.scatter(x, 0, index, index),
        "Indexing: argument 'y' must have the dtype of 'x', fp32, but is i32[2, 3] on cpu");
  }
}
