package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.classical.NearestCentres;
import dev.kiln.kernels.reference.DistancesReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class NearestCentresTest {
  static Stream<Arguments> cases() {
    return Cases.shapes(
        List.of(new int[] {1, 1, 1}, new int[] {0, 3, 2}, new int[] {33, 5, 3}),
        List.of(new int[] {2050, 70, 4}, new int[] {40, 3, 1100}));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void centresAndMeansAreWithinTheErrorRule(String name, DType dtype, int[] shape) {
    Device device = Cases.device(name);
    int n = shape[0];
    int k = shape[1];
    int d = shape[2];
    double[] x = Cases.normal(dtype, 73, n * d);
    double[] c = Cases.normal(dtype, 74, k * d);
    DType compute = dtype == DType.FP64 ? DType.FP64 : DType.FP32;
    NdArray centres = NdArray.of(device, dtype, c, k, d);
    NdArray index = NdArray.full(device, DType.I32, -9, n);
    NdArray squares = Cases.unset(device, compute, n);
    NdArray sizes = NdArray.full(device, DType.I32, -9, k);
    try (var kernel = new NearestCentres(device)) {
      kernel.step(NdArray.of(device, dtype, x, n, d), centres, index, squares, sizes);
    }
    double[] exact = DistancesReference.squares(Rounding.EXACT, x, c, n, k, d);
    int[] nearest = DistancesReference.nearest(exact, n, k);
    assertThat(ints(index)).as("index").isEqualTo(nearest);
    assertThat(ints(sizes)).as("sizes").isEqualTo(DistancesReference.counts(nearest, k));
    compare(
        "squares",
        squares,
        least(Rounding.FP32, x, c, nearest, d),
        least(Rounding.EXACT, x, c, nearest, d),
        d);
    compare(
        "centres",
        centres,
        DistancesReference.means(Rounding.FP32, x, nearest, c, d),
        DistancesReference.means(Rounding.EXACT, x, nearest, c, d),
        n + 1);
  }

  @Test
  void ofEquallyNearCentresTheFirstWinsAndOneWithoutPointsStays() {
    for (Device device : Cases.devices()) {
      NdArray points = NdArray.of(device, new float[] {1, 3, 1}, 3, 1);
      NdArray centres = NdArray.of(device, new float[] {9, 0, 2, 0, 4}, 5, 1);
      NdArray index = NdArray.zeros(device, DType.I32, 3);
      NdArray sizes = NdArray.zeros(device, DType.I32, 5);
      try (var kernel = new NearestCentres(device)) {
        kernel.step(points, centres, index, null, sizes);
      }
      assertThat(ints(index)).containsExactly(1, 2, 1);
      assertThat(ints(sizes)).containsExactly(0, 2, 1, 0, 0);
      assertThat(centres.toDoubles()).containsExactly(9, 1, 3, 0, 4);
    }
  }

  @Test
  void aPointThatIsNoNumberHasNoCentreAndIsPartOfNoMean() {
    for (Device device : Cases.devices()) {
      float[] values = {1, Float.NaN, 3, Float.POSITIVE_INFINITY};
      NdArray points = NdArray.of(device, values, 4, 1);
      NdArray centres = NdArray.of(device, new float[] {0, Float.NaN}, 2, 1);
      NdArray index = NdArray.zeros(device, DType.I32, 4);
      NdArray sizes = NdArray.zeros(device, DType.I32, 2);
      try (var kernel = new NearestCentres(device)) {
        kernel.step(points, centres, index, null, sizes);
      }
      assertThat(ints(index)).containsExactly(0, -1, 0, -1);
      assertThat(ints(sizes)).containsExactly(2, 0);
      assertThat(centres.toDoubles()).containsExactly(2, Double.NaN);
    }
  }

  @Test
  void refusesWhatDoesNotFit() {
    Device device = Cases.tested();
    NdArray points = NdArray.zeros(device, DType.FP32, 4, 3);
    NdArray centres = NdArray.zeros(device, DType.FP32, 2, 3);
    NdArray index = NdArray.zeros(device, DType.I32, 4);
    NdArray sizes = NdArray.zeros(device, DType.I32, 2);
    try (var kernel = new NearestCentres(device)) {
      refused(
          () -> kernel.assign(points, NdArray.zeros(device, DType.FP32, 0, 3), index, null),
          "NearestCentres: argument 'centres' must have at least one row, but is fp32[0, 3] on"
              + " cpu");
      refused(
          () -> kernel.assign(NdArray.zeros(device, DType.FP32, 4, 0), centres, index, null),
          "NearestCentres: argument 'points' must have at least one column, but is fp32[4, 0] on"
              + " cpu");
      refused(
          () -> kernel.assign(points, centres, NdArray.zeros(device, DType.I64, 4), null),
          "NearestCentres: argument 'index' must be i32, but is i64[4] on cpu");
      refused(
          () -> kernel.step(points, centres, index, null, index),
          "NearestCentres: argument 'sizes' must be a vector of 2, but is i32[4] on cpu");
      refused(
          () -> kernel.step(points, points.narrow(0, 0, 2), index, null, sizes),
          "NearestCentres: argument 'centres' must not be 'points'");
    }
  }

  private static double[] least(Rounding r, double[] x, double[] c, int[] nearest, int d) {
    int k = c.length / d;
    double[] squares = DistancesReference.squares(r, x, c, nearest.length, k, d);
    double[] least = new double[nearest.length];
    Arrays.setAll(least, i -> squares[i * k + nearest[i]]);
    return least;
  }

  private static void compare(
      String what, NdArray actual, double[] plain, double[] exact, int terms) {
    DType dtype = actual.dtype();
    if (exact.length > 0 && dtype == DType.FP64) {
      ErrorRule.checkFp64(what, actual.toDoubles(), exact, terms);
    } else if (exact.length > 0) {
      ErrorRule.check(what, dtype, actual.toDoubles(), Rounding.to(dtype).of(plain), exact);
    }
  }

  private static int[] ints(NdArray array) {
    return Arrays.stream(array.toLongs()).mapToInt(Math::toIntExact).toArray();
  }
}
