package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reduction.ColumnSums;
import dev.kiln.kernels.reference.ColumnSumsReference;
import dev.kiln.kernels.reference.MatmulReference;
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

class ColumnSumsTest {
  static Stream<Arguments> shapes() {
    var small = List.of(new int[] {1, 1}, new int[] {5, 3}, new int[] {17, 20});
    var large =
        List.of(
            new int[] {128, 512}, new int[] {1000, 10}, new int[] {3, 1025}, new int[] {4097, 33});
    return Cases.devices().stream()
        .flatMap(
            device ->
                Cases.DTYPES.stream()
                    .flatMap(
                        dtype ->
                            Stream.concat(
                                    small.stream(),
                                    Cases.isTested(device) ? large.stream() : Stream.of())
                                .map(s -> Arguments.of(Cases.name(device), dtype, s[0], s[1]))));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void sumsAreWithinTheErrorRule(String name, DType dtype, int rows, int columns) {
    Device device = Cases.device(name);
    double[] x = Cases.normal(dtype, 11, rows * columns);
    double[] exact = ColumnSumsReference.sums(Rounding.EXACT, x, rows, columns);
    double[] plain =
        Rounding.to(dtype).of(ColumnSumsReference.sums(Rounding.FP32, x, rows, columns));
    var kernel = new ColumnSums(device);
    NdArray sums = Cases.unset(device, dtype, columns);
    kernel.run(NdArray.of(device, dtype, x, rows, columns), sums);
    ErrorRule.check("sums", dtype, sums.toDoubles(), plain, exact);

    NdArray transposed =
        NdArray.of(device, dtype, MatmulReference.transpose(x, rows, columns), columns, rows)
            .permute(1, 0);
    NdArray again = Cases.unset(device, dtype, columns);
    kernel.run(transposed, again);
    ErrorRule.check("sums of a transposed view", dtype, again.toDoubles(), plain, exact);
  }

  @Test
  void noRowsGiveZeroAndNoColumnsNothing() {
    for (Device device : Cases.devices()) {
      NdArray sums = Cases.unset(device, DType.FP32, 3);
      new ColumnSums(device).run(NdArray.zeros(device, DType.FP32, 0, 3), sums);
      assertThat(sums.toFloats()).containsOnly(0);
      new ColumnSums(device)
          .run(NdArray.zeros(device, DType.FP32, 3, 0), NdArray.zeros(device, DType.FP32, 0));
    }
  }

  @Test
  void addsToWhatIsThereAndInDoublePrecision() {
    for (Device device : Cases.devices()) {
      double[] x = Cases.normal(DType.FP64, 5, 33 * 7);
      double[] exact = ColumnSumsReference.sums(Rounding.EXACT, x, 33, 7);
      NdArray sums = NdArray.full(device, DType.FP64, 2, 7);
      new ColumnSums(device).run(NdArray.of(device, DType.FP64, x, 33, 7), true, sums);
      ErrorRule.checkFp64(
          "sums", sums.toDoubles(), Arrays.stream(exact).map(s -> s + 2).toArray(), 34);
    }
  }
}
