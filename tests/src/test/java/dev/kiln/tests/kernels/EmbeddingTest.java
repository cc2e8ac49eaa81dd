package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.embedding.Embedding;
import dev.kiln.kernels.reference.EmbeddingReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class EmbeddingTest {
  static Stream<Arguments> cases() {
    return Stream.concat(
        Cases.DTYPES.stream()
            .flatMap(
                dtype ->
                    Stream.of(
                        Arguments.of(Cases.TESTED, dtype, 1, 1, 1),
                        Arguments.of(Cases.TESTED, dtype, 7, 5, 0),
                        Arguments.of(Cases.TESTED, dtype, 1000, 33, 601),
                        Arguments.of(Cases.TESTED, dtype, 5, 2100, 40),
                        Arguments.of("eval", dtype, 6, 5, 9))),
        Stream.of(Arguments.of(Cases.TESTED, DType.FP64, 9, 17, 300)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void rowsAndGradientAreWithinTheErrorRule(String name, DType dtype, int rows, int n, int places) {
    Device device = Cases.device(name);
    double[] table = Cases.normal(dtype, 31, rows * n);
    double[] dy = Cases.normal(dtype, 32, places * n);
    int[] indices = indices(rows, places);
    double scale = Math.sqrt(n);
    int padding = rows / 2;
    NdArray y = Cases.unset(device, dtype, places, n);
    NdArray dtable = Cases.unset(device, dtype, rows, n);
    NdArray in = NdArray.of(device, indices, places);
    try (var embedding = new Embedding(device)) {
      embedding.forward(NdArray.of(device, dtype, table, rows, n), in, scale, y);
      embedding.backward(
          in, NdArray.of(device, dtype, dy, places, n), scale, padding, false, dtable);
    }
    compare(
        "y",
        y,
        EmbeddingReference.rows(Rounding.FP32, table, n, indices, scale),
        EmbeddingReference.rows(Rounding.EXACT, table, n, indices, scale),
        1);
    compare(
        "dtable",
        dtable,
        EmbeddingReference.gradient(Rounding.FP32, dy, rows, n, indices, scale, padding),
        EmbeddingReference.gradient(Rounding.EXACT, dy, rows, n, indices, scale, padding),
        places + 1);
  }

  @Test
  void theGradientIsThatOfTheLookup() {
    double[] table = Cases.normal(DType.FP64, 33, 12);
    double[] dy = Cases.normal(DType.FP64, 34, 15);
    int[] indices = {3, 0, 3, 1, 3};
    NumericalGradient.check(
        "dtable",
        x -> {
          double[] y = EmbeddingReference.rows(Rounding.EXACT, x, 3, indices, 2);
          double sum = 0;
          for (int i = 0; i < y.length; i++) {
            sum += y[i] * dy[i];
          }
          return sum;
        },
        table,
        EmbeddingReference.gradient(Rounding.EXACT, dy, 4, 3, indices, 2, -1));
  }

  @Test
  void indicesOutsideTheTableGiveNaNAndNoGradient() {
    for (Device device : Cases.devices()) {
      NdArray indices = NdArray.of(device, new long[] {-1, 2, 3, 1L << 40, 2}, 5);
      NdArray y = Cases.unset(device, DType.FP32, 5, 1);
      NdArray dtable = Cases.unset(device, DType.FP32, 3, 1);
      try (var embedding = new Embedding(device)) {
        embedding.forward(NdArray.of(device, new float[] {4, 5, 6}, 3, 1), indices, y);
        embedding.backward(indices, NdArray.full(device, DType.FP32, 1, 5, 1), dtable);
      }
      assertThat(y.toDoubles()).containsExactly(Double.NaN, 6, Double.NaN, Double.NaN, 6);
      assertThat(dtable.toDoubles()).containsExactly(0, 0, 2);
    }
  }

  @Test
  void accumulatesIntoAPartOfAnArray() {
    for (Device device : Cases.devices()) {
      NdArray wide = NdArray.full(device, DType.FP32, 1, 3, 4);
      NdArray indices = NdArray.of(device, new int[] {2, 2, 0}, 3);
      try (var embedding = new Embedding(device)) {
        embedding.backward(
            indices,
            NdArray.of(device, new float[] {1, 2, 3, 4, 5, 6}, 3, 2),
            10,
            0,
            true,
            wide.narrow(1, 1, 3));
      }
      assertThat(wide.toDoubles()).containsExactly(1, 1, 1, 1, 1, 1, 1, 1, 1, 41, 61, 1);
    }
  }

  @Test
  void refusesWhatDoesNotFit() {
    Device device = Cases.tested();
    NdArray table = NdArray.zeros(device, DType.FP32, 4, 3);
    NdArray indices = NdArray.of(device, new int[] {1, 2}, 2);
    NdArray y = NdArray.zeros(device, DType.FP32, 2, 3);
    try (var embedding = new Embedding(device)) {
      refused(
          () -> embedding.forward(table.permute(1, 0), indices, y),
          "Embedding: argument 'table' must be a matrix whose rows have no gaps, but is fp32[3, 4]"
              + " on cpu");
      refused(
          () -> embedding.forward(table, y, y),
          "Embedding: argument 'indices' must be i32 or i64, but is fp32[2, 3] on cpu");
      refused(
          () -> embedding.forward(table, indices, table),
          "Embedding: argument 'y' must be of 2 x 3, but is fp32[4, 3] on cpu");
      refused(
          () -> embedding.backward(indices, y, 1, 4, false, table),
          "Embedding: argument 'paddingIndex' must be a row of the table or -1, but is 4");
    }
  }

  private static void compare(
      String what, NdArray actual, double[] plain, double[] exact, int terms) {
    DType dtype = actual.dtype();
    if (dtype == DType.FP64) {
      ErrorRule.checkFp64(what, actual.toDoubles(), exact, terms);
    } else {
      ErrorRule.check(what, dtype, actual.toDoubles(), Rounding.to(dtype).of(plain), exact);
    }
  }

  /** Half of them few numbers that come again and again. */
  private static int[] indices(int rows, int places) {
    var random = new SplittableRandom(35);
    int[] indices = new int[places];
    Arrays.setAll(indices, i -> random.nextInt(random.nextBoolean() ? rows : Math.min(3, rows)));
    return indices;
  }
}
