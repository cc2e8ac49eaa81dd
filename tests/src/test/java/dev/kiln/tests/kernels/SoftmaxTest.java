package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.normalization.Softmax;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.kernels.reference.SoftmaxReference;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SoftmaxTest {
  /** Tiny; several rows in a tile; one row in a tile; longer than a tile. */
  private static final List<int[]> SMALL = List.of(new int[] {1, 1}, new int[] {5, 33});

  private static final List<int[]> LARGE =
      List.of(new int[] {90, 60}, new int[] {9, 1000}, new int[] {70, 300}, new int[] {2, 16_400});

  private static final Softmax.Options HOT = new Softmax.Options(false, 0.5, 0);

  static Stream<Arguments> shapes() {
    return Cases.matrices(SMALL, LARGE);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void forwardAndBackwardAreWithinTheErrorRule(String name, DType dtype, int rows, int columns) {
    Device device = Cases.device(name);
    var softmax = new Softmax(device);
    Batch x = Batch.normal(dtype, 1, rows, columns);
    Batch dy = Batch.normal(dtype, 2, rows, columns);
    for (Softmax.Options options : List.of(HOT, Softmax.Options.LOG_SOFTMAX)) {
      NdArray y = Cases.unset(device, dtype, rows, columns);
      softmax.forward(x.on(device, dtype), options, y);
      Batch.check("y", y, r -> forward(r, x, options), columns);

      NdArray dx = Cases.unset(device, dtype, rows, columns);
      softmax.backward(y, dy.on(device, dtype), options, dx);
      var given = new Batch(y.toDoubles(), columns);
      Batch.check("dx", dx, r -> backward(r, given, dy, options), columns);
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void maskedElementsAreZeroAndHaveNoGradient(String name, DType dtype, int rows, int columns) {
    Device device = Cases.device(name);
    var softmax = new Softmax(device);
    Batch x = Batch.normal(dtype, 3, rows, columns);
    Batch dy = Batch.normal(dtype, 4, rows, columns);
    int maskRows = Math.min(2, rows);
    double[] mask = new double[maskRows * columns];
    Arrays.setAll(mask, i -> i % 3 == 0 ? 1 : 0);
    for (Softmax.Options options : List.of(HOT, Softmax.Options.LOG_SOFTMAX)) {
      NdArray y = Cases.unset(device, dtype, rows, columns);
      softmax.forward(
          x.on(device, dtype), NdArray.of(device, DType.I8, mask, maskRows, columns), options, y);
      Batch.check(
          "y",
          y,
          r ->
              Batch.ofRows(
                      rows,
                      columns,
                      i -> {
                        boolean[] seen = new boolean[columns];
                        for (int j = 0; j < columns; j++) {
                          seen[j] = mask[i % maskRows * columns + j] != 0;
                        }
                        return SoftmaxReference.forward(
                            r, x.row(i), seen, options.scale(), options.log());
                      })
                  .values(),
          columns);
      NdArray dx = Cases.unset(device, dtype, rows, columns);
      softmax.backward(y, dy.on(device, dtype), options, dx);
      var given = new Batch(y.toDoubles(), columns);
      Batch.check("dx", dx, r -> backward(r, given, dy, options), columns);
    }
  }

  @Test
  void causalRowsSeeOnlyWhatLiesBefore() {
    for (Device device : Cases.devices()) {
      Batch x = Batch.normal(DType.FP32, 5, 12, 6);
      NdArray y = Cases.unset(device, DType.FP32, 12, 6);
      // Three matrices of 4 x 6: row 0 sees columns 0 to 2, row 3 all.
      new Softmax(device).forward(x.on(device, DType.FP32), new Softmax.Options(false, 1, 4), y);
      Batch.check(
          "y",
          y,
          r ->
              Batch.ofRows(
                      12,
                      6,
                      i -> {
                        boolean[] seen = new boolean[6];
                        Arrays.fill(seen, 0, i % 4 + 3, true);
                        return SoftmaxReference.forward(r, x.row(i), seen, 1, false);
                      })
                  .values(),
          6);
    }
  }

  @Test
  void causalRowsWithNothingBeforeAreZero() {
    for (Device device : Cases.devices()) {
      NdArray x = Batch.normal(DType.FP32, 5, 4, 2).on(device, DType.FP32);
      NdArray y = Cases.unset(device, DType.FP32, 4, 2);
      new Softmax(device).forward(x, new Softmax.Options(false, 1, 4), y);
      assertThat(Arrays.copyOf(y.toDoubles(), 6)).startsWith(0, 0, 0, 0, 1, 0);
      new Softmax(device).forward(x, new Softmax.Options(true, 1, 4), y);
      assertThat(Arrays.copyOf(y.toDoubles(), 4)).containsOnly(Double.NEGATIVE_INFINITY);
      NdArray dx = Cases.unset(device, DType.FP32, 4, 2);
      new Softmax(device).backward(y, x, new Softmax.Options(true, 1, 4), dx);
      assertThat(Arrays.copyOf(dx.toDoubles(), 4)).containsOnly(0);
    }
  }

  @Test
  void referenceGradientIsTheNumericalOne() {
    Batch x = Batch.normal(DType.FP64, 6, 1, 9);
    Batch dy = Batch.normal(DType.FP64, 7, 1, 9);
    for (Softmax.Options options : List.of(HOT, Softmax.Options.LOG_SOFTMAX)) {
      var y = new Batch(forward(Rounding.EXACT, x, options), 9);
      NumericalGradient.check(
          "dx",
          v -> dot(forward(Rounding.EXACT, new Batch(v, 9), options), dy.values()),
          x.values().clone(),
          backward(Rounding.EXACT, y, dy, options));
    }
  }

  @Test
  void largeInputsNeitherOverflowNorCancelAndNaNStays() {
    for (Device device : Cases.devices()) {
      NdArray y = Cases.unset(device, DType.FP32, 3, 2);
      float[] x = {3e38f, 1, 10_001, 10_000, Float.NaN, 0};
      new Softmax(device).forward(NdArray.of(device, x, 3, 2), Softmax.Options.SOFTMAX, y);
      double e = Math.exp(-1);
      assertThat(y.toFloats())
          .containsExactly(
              1, 0, (float) (1 / (1 + e)), (float) (e / (1 + e)), Float.NaN, Float.NaN);
    }
  }

  @Test
  void stridedRowsLeaveTheirNeighboursAlone() {
    Device device = Cases.tested();
    Batch x = Batch.normal(DType.FP32, 8, 7, 20);
    NdArray all = Cases.unset(device, DType.FP32, 7, 40);
    NdArray y = all.narrow(1, 10, 30);
    NdArray wide = Cases.unset(device, DType.FP32, 7, 20);
    new Softmax(device).forward(x.on(device, DType.FP32), Softmax.Options.SOFTMAX, y);
    new Softmax(device).forward(x.on(device, DType.FP32), Softmax.Options.SOFTMAX, wide);
    double[] actual = all.toDoubles();
    for (int i = 0; i < 7; i++) {
      assertThat(Arrays.copyOfRange(actual, 40 * i + 10, 40 * i + 30))
          .isEqualTo(Arrays.copyOfRange(wide.toDoubles(), 20 * i, 20 * i + 20));
      assertThat(Arrays.copyOfRange(actual, 40 * i, 40 * i + 10)).containsOnly(Double.NaN);
      assertThat(Arrays.copyOfRange(actual, 40 * i + 30, 40 * i + 40)).containsOnly(Double.NaN);
    }
  }

  @Test
  void inPlaceGivesTheSameBits() {
    Device device = Cases.tested();
    for (int columns : new int[] {100, 300, 20_000}) {
      int rows = columns == 300 ? 70 : 3;
      Batch x = Batch.normal(DType.FP32, 9, rows, columns);
      NdArray y = Cases.unset(device, DType.FP32, rows, columns);
      NdArray both = x.on(device, DType.FP32);
      var softmax = new Softmax(device);
      softmax.forward(x.on(device, DType.FP32), Softmax.Options.SOFTMAX, y);
      softmax.forward(both, Softmax.Options.SOFTMAX, both);
      assertThat(both.toBytes()).isEqualTo(y.toBytes());
      NdArray dx = Cases.unset(device, DType.FP32, rows, columns);
      softmax.backward(y, x.on(device, DType.FP32), Softmax.Options.SOFTMAX, dx);
      NdArray dy = x.on(device, DType.FP32);
      softmax.backward(y, dy, Softmax.Options.SOFTMAX, dy);
      assertThat(dy.toBytes()).isEqualTo(dx.toBytes());
    }
  }

  @Test
  void emptyArraysAreLeftAlone() {
    for (Device device : Cases.devices()) {
      for (long[] shape : new long[][] {{0, 5}, {5, 0}, {0}}) {
        NdArray empty = NdArray.zeros(device, DType.FP32, shape);
        new Softmax(device).forward(empty, Softmax.Options.SOFTMAX, empty);
        new Softmax(device).backward(empty, empty, Softmax.Options.SOFTMAX, empty);
      }
    }
  }

  @Test
  void argumentsThatDoNotFitAreRefused() {
    Device device = Cases.tested();
    var softmax = new Softmax(device);
    NdArray x = NdArray.zeros(device, DType.FP32, 4, 6);
    NdArray other = NdArray.zeros(device, DType.FP32, 6, 4);
    Softmax.Options plain = Softmax.Options.SOFTMAX;
    refused(
        () -> softmax.forward(NdArray.zeros(device, DType.I32, 4), plain, x),
        "Softmax: argument 'x' must be fp32, fp16 or bf16, but is i32[4] on cpu");
    refused(
        () -> softmax.forward(NdArray.zeros(device, DType.FP32), plain, x),
        "Softmax: argument 'x' must have an axis");
    refused(
        () -> softmax.forward(other.permute(1, 0), plain, x),
        "Softmax: argument 'x' must be contiguous, or a matrix with dense rows, but is fp32[4, 6]"
            + " on cpu");
    refused(
        () -> softmax.forward(x, plain, other),
        "Softmax: argument 'y' must have the shape of 'x', fp32[4, 6] on cpu, but is fp32[6, 4] on"
            + " cpu");
    refused(
        () -> softmax.backward(x, NdArray.zeros(device, DType.BF16, 4, 6), plain, x),
        "Softmax: argument 'dy' must have the dtype of 'y', fp32, but is bf16[4, 6] on cpu");
    refused(
        () -> softmax.backward(x, x, plain, other),
        "Softmax: argument 'dx' must have the shape of 'y', fp32[4, 6] on cpu, but is fp32[6, 4]"
            + " on cpu");
    refused(
        () -> softmax.forward(x, x, plain, x),
        "Softmax: argument 'mask' must be i8 with rows of 6 columns, but is fp32[4, 6] on cpu");
    refused(
        () -> softmax.forward(x, NdArray.zeros(device, DType.I8, 6, 2).permute(1, 0), plain, x),
        "Softmax: argument 'mask' must have dense rows");
    refused(
        () -> new Softmax.Options(false, 0, 0),
        "Softmax: argument 'scale' must be above 0 and finite, but is 0.0");
    refused(
        () -> new Softmax.Options(false, 1, -1),
        "Softmax: argument 'causalRows' must not be negative, but is -1");
  }

  private static double[] forward(Rounding r, Batch x, Softmax.Options options) {
    boolean[] seen = new boolean[x.columns()];
    Arrays.fill(seen, true);
    return Batch.ofRows(
            x.rows(),
            x.columns(),
            i -> SoftmaxReference.forward(r, x.row(i), seen, options.scale(), options.log()))
        .values();
  }

  private static double[] backward(Rounding r, Batch y, Batch dy, Softmax.Options options) {
    return Batch.ofRows(
            y.rows(),
            y.columns(),
            i -> SoftmaxReference.backward(r, y.row(i), dy.row(i), options.scale(), options.log()))
        .values();
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
