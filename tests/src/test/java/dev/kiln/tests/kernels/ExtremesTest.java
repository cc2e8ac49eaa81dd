package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reduction.Extremes;
import dev.kiln.kernels.reference.ReductionReference;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ExtremesTest {
  private static final double NAN = Double.NaN;

  private final Device cpu = Cases.tested();

  @Test
  void findsTheFirstOfTheBest() {
    for (Device device : Cases.devices()) {
      check(NdArray.of(device, DType.FP32, coarse(DType.FP32, 5 * 37), 5, 37), 1);
      check(NdArray.of(device, DType.FP32, coarse(DType.FP32, 5 * 37), 5, 37), 0);
    }
    check(NdArray.of(cpu, DType.BF16, coarse(DType.BF16, 3 * 4 * 5), 3, 4, 5).permute(2, 0, 1), 1);
    check(NdArray.of(cpu, DType.FP64, coarse(DType.FP64, 70), 7, 10), -1);
    check(NdArray.of(cpu, DType.I64, coarse(DType.FP64, 70), 7, 10), -1);
  }

  @Test
  void longAxesAreSplit() {
    check(NdArray.of(cpu, DType.FP32, Cases.normal(DType.FP32, 3, 300_001), 300_001), 0);
    check(NdArray.of(cpu, DType.FP16, coarse(DType.FP16, 300_000), 100_000, 3), 0);
  }

  /** Few different numbers, of both signs. */
  private static double[] coarse(DType dtype, int n) {
    double[] values = Cases.normal(dtype, 17, n);
    Arrays.setAll(values, i -> Math.rint(values[i] * 2));
    return values;
  }

  private static void check(NdArray x, int axis) {
    int at = Math.floorMod(axis, x.rank());
    long[] shape = x.shape();
    shape[at] = 1;
    NdArray value = NdArray.full(x.device(), x.dtype(), 77, shape);
    NdArray index = NdArray.full(x.device(), DType.I32, -1, shape);
    int[] order = new int[x.rank()];
    for (int i = 0, next = 0; i < order.length; i++) {
      if (i != at) {
        order[next++] = i;
      }
    }
    order[order.length - 1] = at;
    double[] groups = x.permute(order).toDoubles();
    int n = (int) x.dim(at);
    var kernels = new Extremes(x.device());
    for (int sign : new int[] {1, -1}) {
      if (sign > 0) {
        kernels.largest(x, axis, value, index);
      } else {
        kernels.smallest(x, axis, value, index);
      }
      long[] indices = index.toLongs();
      double[] values = value.toDoubles();
      for (int g = 0; g < indices.length; g++) {
        double[] group = Arrays.copyOfRange(groups, g * n, (g + 1) * n);
        int expected = ReductionReference.largest(group, sign);
        assertThat(indices[g]).as(x + " group " + g).isEqualTo(expected);
        assertThat(values[g]).isEqualTo(group[expected]);
      }
    }
  }

  @Test
  void nanWinsAndZerosAreEqual() {
    double[] x = {1, NAN, 9, NAN, -0.0, 0, -0.0, 0, -9, -1, -1, -9};
    for (Device device : Cases.devices()) {
      NdArray in = NdArray.of(device, DType.FP32, x, 3, 4);
      NdArray index = NdArray.zeros(device, DType.I64, 3);
      NdArray value = NdArray.zeros(device, DType.FP32, 3);
      var kernels = new Extremes(device);
      kernels.largest(in, 1, value, index);
      assertThat(index.toLongs()).containsExactly(1, 0, 1);
      assertThat(value.toDoubles()).containsExactly(NAN, 0, -1);
      kernels.smallest(in, 1, null, index);
      assertThat(index.toLongs()).containsExactly(1, 0, 0);
      NdArray dx = Cases.unset(device, DType.FP32, 3, 4);
      kernels.backward(index, 1, NdArray.of(device, new float[] {5, 6, 7}), dx);
      assertThat(dx.toDoubles()).containsExactly(0, 5, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0);
    }
  }

  @Test
  void refusesWhatBreaksTheRules() {
    var kernels = new Extremes(cpu);
    NdArray x = NdArray.zeros(cpu, DType.FP32, 2, 3);
    NdArray y = NdArray.zeros(cpu, DType.FP32, 2);
    refused(
        () -> kernels.largest(x, 1, y, y),
        "Extremes: argument 'index' must be i32 or i64, but is fp32[2] on cpu");
    refused(
        () -> kernels.largest(x, 1, null, null),
        "Extremes: argument 'value' must be given if 'index' is not");
    refused(
        () -> kernels.largest(x, 0, y, null),
        "Extremes: argument 'value' must have the axes of 'x' that are kept, but is fp32[2] on"
            + " cpu");
    refused(
        () -> kernels.largest(NdArray.zeros(cpu, DType.FP32, 2, 0), 1, y, null),
        "Extremes: argument 'x' must hold numbers along the axis, but is fp32[2, 0] on cpu");
  }
}
