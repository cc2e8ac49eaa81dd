package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.classical.Distances;
import dev.kiln.kernels.reference.DistancesReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DistancesTest {
  static Stream<Arguments> cases() {
    return Cases.shapes(
        List.of(new int[] {1, 1, 1}, new int[] {0, 3, 2}, new int[] {5, 19, 3}),
        List.of(new int[] {70, 133, 9}, new int[] {3, 65, 300}));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void distancesAreWithinTheErrorRule(String name, DType dtype, int[] shape) {
    Device device = Cases.device(name);
    int m = shape[0];
    int n = shape[1];
    int d = shape[2];
    double[] x = Cases.normal(dtype, 71, m * d);
    double[] c = Cases.normal(dtype, 72, n * d);
    DType compute = dtype == DType.FP64 ? DType.FP64 : DType.FP32;
    NdArray squares = Cases.unset(device, compute, m, n);
    run(device, NdArray.of(device, dtype, x, m, d), NdArray.of(device, dtype, c, n, d), squares);
    double[] exact = DistancesReference.squares(Rounding.EXACT, x, c, m, n, d);
    if (compute == DType.FP64) {
      ErrorRule.checkFp64("squares", squares.toDoubles(), exact, d);
    } else {
      double[] plain = DistancesReference.squares(Rounding.FP32, x, c, m, n, d);
      ErrorRule.check("squares", compute, squares.toDoubles(), plain, exact);
    }
  }

  @Test
  void equalPointsAreAtDistanceZeroHoweverFarFromTheOrigin() {
    for (Device device : Cases.devices()) {
      NdArray wide = NdArray.of(device, new float[] {1e6f, 0.1f, 7, 1e6f, 0.1f, 7}, 2, 3);
      NdArray x = wide.narrow(1, 0, 2);
      NdArray squares = Cases.unset(device, DType.FP32, 2, 2);
      run(device, x, x, squares);
      assertThat(squares.toDoubles()).containsOnly(0);
    }
  }

  @Test
  void aTransposedViewGivesTheSameBits() {
    Device device = Cases.tested();
    double[] x = Cases.normal(DType.FP32, 78, 5 * 4);
    double[] turned = new double[20];
    for (int i = 0; i < 20; i++) {
      turned[i % 4 * 5 + i / 4] = x[i];
    }
    NdArray points = NdArray.of(device, DType.FP32, x, 5, 4);
    NdArray view = NdArray.of(device, DType.FP32, turned, 4, 5).permute(1, 0);
    NdArray expected = Cases.unset(device, DType.FP32, 5, 5);
    NdArray actual = Cases.unset(device, DType.FP32, 5, 5);
    run(device, points, points, expected);
    run(device, points, view, actual);
    assertThat(actual.toBytes()).isEqualTo(expected.toBytes());
  }

  private static void run(Device device, NdArray x, NdArray c, NdArray squares) {
    try (var kernel = new Distances(device)) {
      kernel.run(x, c, squares);
    }
  }

  @Test
  void refusesWhatDoesNotFit() {
    Device device = Cases.tested();
    NdArray x = NdArray.zeros(device, DType.FP32, 4, 3);
    NdArray squares = NdArray.zeros(device, DType.FP32, 4, 4);
    try (var kernel = new Distances(device)) {
      refused(
          () -> kernel.run(x, NdArray.zeros(device, DType.FP32, 4, 2), squares),
          "Distances: argument 'c' must have as many columns as 'x', fp32[4, 3] on cpu, but is"
              + " fp32[4, 2] on cpu");
      refused(
          () -> kernel.run(x, x, x),
          "Distances: argument 'squares' must be of 4 x 4, but is fp32[4, 3] on cpu");
      refused(
          () -> kernel.run(x, x, NdArray.zeros(device, DType.FP64, 4, 4)),
          "Distances: argument 'squares' must be fp32, but is fp64[4, 4] on cpu");
      refused(
          () -> kernel.run(x.permute(1, 0), x, squares),
          "Distances: argument 'x' must be a matrix whose rows have no gaps, but is fp32[3, 4] on"
              + " cpu");
      refused(
          () -> kernel.run(NdArray.zeros(device, DType.I32, 4, 3), x, squares),
          "Distances: argument 'x' must be fp32, fp16 or bf16, but is i32[4, 3] on cpu");
    }
  }
}
