package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.classical.MaskedResidual;
import dev.kiln.kernels.reference.MaskedResidualReference;
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

class MaskedResidualTest {
  static Stream<Arguments> cases() {
    return Cases.matrices(
        List.of(new int[] {1, 1}, new int[] {0, 3}, new int[] {5, 19}),
        List.of(new int[] {33, 70}, new int[] {3, 2100}));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void residualsAndTheirSquaresAreWithinTheErrorRule(
      String name, DType dtype, int rows, int columns) {
    Device device = Cases.device(name);
    double[] prediction = Cases.normal(dtype, 75, rows * columns);
    double[] target = Cases.normal(dtype, 76, rows * columns);
    double[] offset = Cases.normal(dtype, 77, columns);
    double[] mask = new double[rows * columns];
    Arrays.setAll(mask, i -> i % 3 == 0 ? 1 : 0);
    DType compute = dtype == DType.FP64 ? DType.FP64 : DType.FP32;
    NdArray residual = Cases.unset(device, dtype, rows, columns);
    NdArray squares = Cases.unset(device, compute, rows);
    new MaskedResidual(device)
        .run(
            NdArray.of(device, dtype, prediction, rows, columns),
            NdArray.of(device, dtype, target, rows, columns),
            NdArray.of(device, DType.I8, mask, rows, columns),
            NdArray.of(device, dtype, offset, columns),
            residual,
            squares);
    double[] plain =
        MaskedResidualReference.residual(Rounding.FP32, prediction, target, mask, offset, columns);
    double[] exact =
        MaskedResidualReference.residual(Rounding.EXACT, prediction, target, mask, offset, columns);
    compare("residual", residual, plain, exact, 2);
    compare(
        "squares",
        squares,
        MaskedResidualReference.squares(Rounding.FP32, plain, rows, columns),
        MaskedResidualReference.squares(Rounding.EXACT, exact, rows, columns),
        columns + 2);
  }

  @Test
  void whatTheMaskHidesCountsForNothingEvenNaN() {
    for (Device device : Cases.devices()) {
      NdArray prediction = NdArray.of(device, new float[] {1, 2, 3, Float.NaN}, 2, 2);
      NdArray target = NdArray.of(device, new float[] {0, Float.NaN, 5, 6}, 2, 2);
      NdArray mask = NdArray.of(device, new int[] {1, 0, 7, 0}, 2, 2);
      NdArray squares = Cases.unset(device, DType.FP32, 2);
      new MaskedResidual(device).run(prediction, target, mask, null, prediction, squares);
      assertThat(prediction.toDoubles()).containsExactly(1, 0, -2, 0);
      assertThat(squares.toDoubles()).containsExactly(1, 4);
    }
  }

  @Test
  void refusesWhatDoesNotFit() {
    Device device = Cases.tested();
    var kernel = new MaskedResidual(device);
    NdArray x = NdArray.zeros(device, DType.FP32, 2, 3);
    NdArray mask = NdArray.zeros(device, DType.I32, 2, 3);
    NdArray other = NdArray.zeros(device, DType.FP32, 3, 2);
    refused(
        () -> kernel.run(x, other, mask, null, x, null),
        "MaskedResidual: argument 'target' must have the shape of 'prediction', fp32[2, 3] on cpu,"
            + " but is fp32[3, 2] on cpu");
    refused(
        () -> kernel.run(x, x, other, null, x, null),
        "MaskedResidual: argument 'mask' must have the shape of 'prediction', fp32[2, 3] on cpu,"
            + " but is fp32[3, 2] on cpu");
    refused(
        () -> kernel.run(x, x, mask, NdArray.zeros(device, DType.FP32, 2), x, null),
        "MaskedResidual: argument 'offset' must be a vector of 3, but is fp32[2] on cpu");
    refused(
        () -> kernel.run(x, x, mask, null, NdArray.zeros(device, DType.FP64, 2, 3), null),
        "MaskedResidual: argument 'residual' must have the dtype of 'prediction', fp32, but is"
            + " fp64[2, 3] on cpu");
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
}
