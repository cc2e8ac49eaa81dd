package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.BiasActivation;
import dev.kiln.kernels.reference.ActivationReference;
import dev.kiln.kernels.reference.ColumnSumsReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BiasActivationTest {
  private static final List<Activation> ACTIVATIONS = List.of(Activation.GELU, Activation.NONE);

  @ParameterizedTest
  @MethodSource("dev.kiln.tests.kernels.Cases#tiles")
  void forwardAndBackwardAreWithinTheErrorRule(String name, DType dtype, int rows, int n) {
    for (Activation activation : ACTIVATIONS) {
      new Problem(Cases.device(name), dtype, activation, rows, n).check();
    }
  }

  @Test
  void manyRowsAreAddedUpInParts() {
    new Problem(Cases.tested(), DType.FP32, Activation.GELU, 5003, 33).check();
  }

  @Test
  void noRowsGiveABiasGradientOfZero() {
    for (Device device : Cases.devices()) {
      NdArray none = NdArray.zeros(device, DType.FP32, 0, 3);
      NdArray dbias = Cases.unset(device, DType.FP32, 3);
      try (var kernel = new BiasActivation(device)) {
        kernel.backward(
            Activation.RELU, none, NdArray.zeros(device, DType.FP32, 3), none, none, dbias);
      }
      assertThat(dbias.toDoubles()).containsExactly(0, 0, 0);
    }
  }

  @Test
  void gradientsMayTakeThePlaceOfInputs() {
    for (Device device : Cases.devices()) {
      NdArray x = NdArray.of(device, DType.FP32, Cases.normal(DType.FP32, 24, 90), 30, 3);
      NdArray bias = NdArray.of(device, DType.FP32, Cases.normal(DType.FP32, 25, 3), 3);
      NdArray dy = NdArray.of(device, DType.FP32, Cases.normal(DType.FP32, 26, 90), 30, 3);
      NdArray dx = Cases.unset(device, DType.FP32, 30, 3);
      NdArray dbias = Cases.unset(device, DType.FP32, 3);
      NdArray again = Cases.unset(device, DType.FP32, 3);
      try (var kernel = new BiasActivation(device)) {
        kernel.backward(Activation.GELU, x, bias, dy, dx, dbias);
        kernel.backward(Activation.GELU, x, bias, dy, dy, again);
      }
      assertThat(dy.toDoubles()).isEqualTo(dx.toDoubles());
      assertThat(again.toDoubles()).isEqualTo(dbias.toDoubles());
    }
  }

  @Test
  void partsOfMatricesLeaveNeighboursAlone() {
    Device device = Cases.tested();
    NdArray wide = NdArray.full(device, DType.FP32, 7, 3, 10);
    NdArray x = NdArray.full(device, DType.FP32, 1, 3, 4);
    NdArray bias = NdArray.full(device, DType.FP32, 2, 4);
    try (var kernel = new BiasActivation(device)) {
      kernel.forward(Activation.RELU, x, bias, wide.narrow(1, 2, 6));
    }
    double[] row = {7, 7, 3, 3, 3, 3, 7, 7, 7, 7};
    assertThat(Arrays.copyOf(wide.toDoubles(), 10)).isEqualTo(row);
  }

  @Test
  void refusesWhatDoesNotFit() {
    Device device = Cases.tested();
    NdArray x = NdArray.zeros(device, DType.FP32, 2, 3);
    NdArray bias = NdArray.zeros(device, DType.FP32, 3);
    try (var kernel = new BiasActivation(device)) {
      refused(
          () -> kernel.forward(Activation.GELU, x, NdArray.zeros(device, DType.FP32, 4), x),
          "BiasActivation: argument 'bias' must be a vector of 3, but is fp32[4] on cpu");
      refused(
          () -> kernel.forward(Activation.GELU, x, NdArray.zeros(device, DType.FP16, 3), x),
          "BiasActivation: argument 'bias' must have the dtype of 'x', fp32, but is fp16[3] on"
              + " cpu");
      refused(
          () -> kernel.backward(Activation.GELU, x, bias, x, x, x),
          "BiasActivation: argument 'dbias' must be a vector of 3, but is fp32[2, 3] on cpu");
    }
  }

  private record Problem(Device device, DType dtype, Activation activation, int rows, int n) {
    void check() {
      double[] x = Cases.normal(dtype, 21, rows * n);
      double[] bias = Cases.normal(dtype, 22, n);
      double[] dy = Cases.normal(dtype, 23, rows * n);
      NdArray y = Cases.unset(device, dtype, rows, n);
      NdArray dx = Cases.unset(device, dtype, rows, n);
      NdArray dbias = Cases.unset(device, dtype, n);
      NdArray in = NdArray.of(device, dtype, x, rows, n);
      NdArray inBias = NdArray.of(device, dtype, bias, n);
      try (var kernel = new BiasActivation(device)) {
        kernel.forward(activation, in, inBias, y);
        kernel.backward(activation, in, inBias, NdArray.of(device, dtype, dy, rows, n), dx, dbias);
      }
      double[] exact = gradients(Rounding.EXACT, x, bias, dy);
      double[] plain = gradients(Rounding.FP32, x, bias, dy);
      compare("y", y, values(Rounding.FP32, x, bias), values(Rounding.EXACT, x, bias), 1);
      compare("dx", dx, plain, exact, 1);
      compare(
          "dbias",
          dbias,
          ColumnSumsReference.sums(Rounding.FP32, plain, rows, n),
          ColumnSumsReference.sums(Rounding.EXACT, exact, rows, n),
          Math.max(1, rows));
    }

    private void compare(String what, NdArray actual, double[] plain, double[] exact, int terms) {
      String name = activation + " " + what;
      if (dtype == DType.FP64) {
        ErrorRule.checkFp64(name, actual.toDoubles(), exact, 8 * terms);
      } else {
        ErrorRule.check(name, dtype, actual.toDoubles(), Rounding.to(dtype).of(plain), exact);
      }
    }

    private double[] values(Rounding r, double[] x, double[] bias) {
      double[] y = new double[x.length];
      Arrays.setAll(y, i -> ActivationReference.value(r, activation, r.of(x[i] + bias[i % n])));
      return y;
    }

    private double[] gradients(Rounding r, double[] x, double[] bias, double[] dy) {
      double[] dx = new double[x.length];
      Arrays.setAll(
          dx, i -> ActivationReference.gradient(r, activation, r.of(x[i] + bias[i % n]), dy[i]));
      return dx;
    }
  }
}
