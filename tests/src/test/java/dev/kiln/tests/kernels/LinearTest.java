package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.product.Linear;
import dev.kiln.kernels.reference.ActivationReference;
import dev.kiln.kernels.reference.ColumnSumsReference;
import dev.kiln.kernels.reference.MatmulReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LinearTest {
  private static final int M = 11;
  private static final int N = 7;
  private static final int K = 18;

  static Stream<Arguments> devicesAndDTypes() {
    return Cases.devices().stream()
        .flatMap(
            device -> Cases.DTYPES.stream().map(dtype -> Arguments.of(Cases.name(device), dtype)));
  }

  @ParameterizedTest
  @MethodSource("devicesAndDTypes")
  void gradientsAreWithinTheErrorRule(String name, DType dtype) {
    Device device = Cases.device(name);
    double[] x = Cases.normal(dtype, 1, M * K);
    double[] w = Cases.normal(dtype, 2, K * N);
    double[] dy = Cases.normal(dtype, 3, M * N);
    double[] pre = Cases.normal(dtype, 4, M * K);
    var plain = MatmulReference.gradients(Rounding.FP32, x, w, dy, M, N, K);
    var exact = MatmulReference.gradients(Rounding.EXACT, x, w, dy, M, N, K);
    var linear = new Linear(device);
    NdArray grad = NdArray.of(device, dtype, dy, M, N);
    NdArray dx = Cases.unset(device, dtype, M, K);
    NdArray weight = NdArray.of(device, dtype, w, K, N);
    linear.gradientOfInput(
        grad, weight, Activation.GELU, NdArray.of(device, dtype, pre, M, K), 0, dx);
    ErrorRule.check(
        "dx",
        dtype,
        dx.toDoubles(),
        Rounding.to(dtype).of(derived(Rounding.FP32, pre, plain.x())),
        derived(Rounding.EXACT, pre, exact.x()));
    NdArray dw = Cases.unset(device, dtype, K, N);
    NdArray dbias = Cases.unset(device, dtype, N);
    linear.gradientOfWeight(NdArray.of(device, dtype, x, M, K), grad, 0, dw, dbias);
    ErrorRule.check("dw", dtype, dw.toDoubles(), Rounding.to(dtype).of(plain.w()), exact.w());
    ErrorRule.check(
        "dbias",
        dtype,
        dbias.toDoubles(),
        Rounding.to(dtype).of(ColumnSumsReference.sums(Rounding.FP32, dy, M, N)),
        ColumnSumsReference.sums(Rounding.EXACT, dy, M, N));
  }

  private static double[] derived(Rounding r, double[] pre, double[] dy) {
    double[] dx = new double[dy.length];
    for (int i = 0; i < dx.length; i++) {
      dx[i] = ActivationReference.gradient(r, Activation.GELU, pre[i], dy[i]);
    }
    return dx;
  }

  @Test
  void referenceGradientsAreThoseOfTheReference() {
    double[] x = Cases.normal(DType.FP64, 1, M * K);
    double[] w = Cases.normal(DType.FP64, 2, K * N);
    double[] dy = Cases.normal(DType.FP64, 3, M * N);
    var gradients = MatmulReference.gradients(Rounding.EXACT, x, w, dy, M, N, K);
    NumericalGradient.check("dx", at -> loss(at, w, dy), x, gradients.x());
    NumericalGradient.check("dw", at -> loss(x, at, dy), w, gradients.w());
  }

  private static double loss(double[] x, double[] w, double[] dy) {
    double[] y = MatmulReference.product(Rounding.EXACT, x, w, M, N, K);
    double sum = 0;
    for (int i = 0; i < y.length; i++) {
      sum += y[i] * dy[i];
    }
    return sum;
  }

  @Test
  void gradientsAddToWhatIsThere() {
    Device device = Cases.tested();
    double[] x = Cases.normal(DType.FP64, 1, M * K);
    double[] w = Cases.normal(DType.FP64, 2, K * N);
    double[] dy = Cases.normal(DType.FP64, 3, M * N);
    NdArray dw = NdArray.full(device, DType.FP64, 5, K, N);
    new Linear(device)
        .gradientOfWeight(
            NdArray.of(device, DType.FP64, x, M, K),
            NdArray.of(device, DType.FP64, dy, M, N),
            1,
            dw,
            null);
    double[] exact = MatmulReference.gradients(Rounding.EXACT, x, w, dy, M, N, K).w();
    for (int i = 0; i < exact.length; i++) {
      exact[i] += 5;
    }
    ErrorRule.checkFp64("dw", dw.toDoubles(), exact, M + 1);
  }

  @Test
  void anActivationNeedsWhatItWasAppliedTo() {
    Device device = Cases.tested();
    NdArray matrix = NdArray.zeros(device, DType.FP32, 4, 4);
    assertThatThrownBy(
            () ->
                new Linear(device)
                    .gradientOfInput(matrix, matrix, Activation.RELU, null, 0, matrix))
        .hasMessage("Linear: argument 'pre' must be there exactly if there is an activation");
  }
}
