package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.ActivationFunction;
import dev.kiln.kernels.elementwise.Activations;
import dev.kiln.kernels.reference.ActivationReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ActivationsTest {
  private static final List<Activation> ALL =
      Arrays.stream(Activation.values()).filter(a -> a != Activation.NONE).toList();

  /** Those that are 0 far below 0 and {@code x} far above. */
  private static final List<Activation> GATES =
      List.of(
          Activation.RELU,
          Activation.GELU,
          Activation.GELU_TANH,
          Activation.QUICK_GELU,
          Activation.SILU,
          Activation.HARD_SWISH);

  /** Those that arrays of other sizes than one are tried with: each compiles for each. */
  private static final List<Activation> SOME =
      List.of(Activation.RELU, Activation.GELU, Activation.MISH);

  @ParameterizedTest
  @MethodSource("dev.kiln.tests.kernels.Cases#elementwise")
  void forwardAndBackwardAreWithinTheErrorRule(String name, DType dtype, int n) {
    Device device = Cases.device(name);
    var kernels = new Activations(device);
    double[] x = Cases.normal(dtype, 4, n);
    double[] dy = Cases.normal(dtype, 5, n);
    for (Activation activation : n == 33 ? ALL : SOME) {
      NdArray y = Cases.unset(device, dtype, n);
      NdArray dx = Cases.unset(device, dtype, n);
      kernels.forward(activation, NdArray.of(device, dtype, x, n), y);
      kernels.backward(
          activation, NdArray.of(device, dtype, x, n), NdArray.of(device, dtype, dy, n), dx);
      Rounding store = Rounding.to(dtype);
      ErrorRule.check(
          activation + " y",
          dtype,
          y.toDoubles(),
          store.of(values(Rounding.FP32, activation, x)),
          values(Rounding.EXACT, activation, x));
      ErrorRule.check(
          activation + " dx",
          dtype,
          dx.toDoubles(),
          store.of(gradients(Rounding.FP32, activation, x, dy)),
          gradients(Rounding.EXACT, activation, x, dy));
    }
  }

  @Test
  void farOutValuesAndZeroAreExact() {
    float[] x = {0, -0f, 100, -100, 1e4f, -1e4f};
    for (Device device : Cases.devices()) {
      for (Activation activation : GATES) {
        NdArray y = Cases.unset(device, DType.FP32, x.length);
        new Activations(device).forward(activation, NdArray.of(device, x), y);
        // Plus 0: the sign of a zero is not looked at.
        assertThat(Arrays.stream(y.toDoubles()).map(v -> v + 0.0).toArray())
            .as(activation + " on " + Cases.name(device))
            .containsExactly(0, 0, 100, 0, 1e4, 0);
      }
    }
  }

  @Test
  void backwardIsTheDerivativeOfForward() {
    double h = 1e-6;
    double[] x = Cases.normal(DType.FP32, 6, 500);
    for (Device device : Cases.devices()) {
      for (Activation activation : ALL) {
        NdArray dx = Cases.unset(device, DType.FP32, x.length);
        NdArray ones = NdArray.full(device, DType.FP32, 1, x.length);
        new Activations(device)
            .backward(activation, NdArray.of(device, DType.FP32, x, x.length), ones, dx);
        double[] actual = dx.toDoubles();
        for (int i = 0; i < x.length; i++) {
          double difference =
              ActivationReference.value(Rounding.EXACT, activation, x[i] + h)
                  - ActivationReference.value(Rounding.EXACT, activation, x[i] - h);
          assertThat(actual[i])
              .as("%s at %s on %s", activation, x[i], Cases.name(device))
              .isCloseTo(difference / (2 * h), within(2e-6));
        }
      }
    }
  }

  @Test
  void numbersOfOnesOwnAreWithinTheErrorRule() {
    List<ActivationFunction> functions =
        List.of(
            ActivationFunction.leakyRelu(0.3),
            ActivationFunction.elu(0.7),
            ActivationFunction.celu(1.9),
            ActivationFunction.hardTanh(-0.4, 0.9),
            ActivationFunction.softplus(3, 2));
    double[] x = Cases.normal(DType.FP32, 7, 333);
    for (Device device : Cases.devices()) {
      var kernels = new Activations(device);
      NdArray in = NdArray.of(device, DType.FP32, x);
      NdArray ones = NdArray.full(device, DType.FP32, 1, x.length);
      NdArray y = Cases.unset(device, DType.FP32, x.length);
      for (ActivationFunction function : functions) {
        kernels.forward(function, in, y);
        check(function, y, r -> mapped(x, v -> ActivationReference.value(r, function, v)));
        kernels.backward(function, in, ones, y);
        check(function, y, r -> mapped(x, v -> ActivationReference.derivative(r, function, v)));
      }
    }
  }

  @Test
  void doublePrecisionIsThatOfTheReference() {
    double[] x = Cases.normal(DType.FP64, 8, 333);
    Device device = Cases.tested();
    var kernels = new Activations(device);
    NdArray in = NdArray.of(device, DType.FP64, x);
    NdArray ones = NdArray.full(device, DType.FP64, 1, x.length);
    NdArray y = Cases.unset(device, DType.FP64, x.length);
    for (Activation activation : ALL) {
      kernels.forward(activation, in, y);
      check(
          activation.usual(), y, r -> mapped(x, v -> ActivationReference.value(r, activation, v)));
      kernels.backward(activation, in, ones, y);
      check(
          activation.usual(),
          y,
          r -> mapped(x, v -> ActivationReference.derivative(r, activation, v)));
    }
  }

  @Test
  void nanStaysNanForwardAndBackward() {
    NdArray one = NdArray.full(Cases.tested(), DType.FP32, 1, 1);
    NdArray nan = NdArray.full(Cases.tested(), DType.FP32, Double.NaN, 1);
    NdArray y = NdArray.zeros(Cases.tested(), DType.FP32, 1);
    var kernels = new Activations(Cases.tested());
    for (Activation activation : ALL) {
      kernels.forward(activation, nan, y);
      assertThat(y.toDoubles()).as(activation.toString()).containsExactly(Double.NaN);
      kernels.backward(activation, one, nan, y);
      if (activation != Activation.RELU6 && activation != Activation.HARD_TANH) {
        assertThat(y.toDoubles()).as(activation + " dx").containsExactly(Double.NaN);
      }
    }
  }

  @Test
  void smallNumbersDoNotCancel() {
    float[] x = {-1e-6f, -1e-4f};
    NdArray y = Cases.unset(Cases.tested(), DType.FP32, 2);
    var kernels = new Activations(Cases.tested());
    kernels.forward(Activation.ELU, NdArray.of(Cases.tested(), x), y);
    for (int i = 0; i < x.length; i++) {
      double exact = Math.expm1(x[i]);
      assertThat(y.toDoubles()[i]).isCloseTo(exact, within(3e-7 * Math.abs(exact)));
    }
    kernels.forward(Activation.SOFTPLUS, NdArray.of(Cases.tested(), new float[] {-30, -50}), y);
    assertThat(y.toDoubles()[0]).isCloseTo(Math.exp(-30), within(5e-7 * Math.exp(-30)));
    assertThat(y.toDoubles()[1]).isCloseTo(Math.exp(-50), within(5e-7 * Math.exp(-50)));
  }

  private static void check(
      ActivationFunction function, NdArray actual, Function<Rounding, double[]> definition) {
    String what = function.toString();
    double[] exact = definition.apply(Rounding.EXACT);
    if (actual.dtype() == DType.FP64) {
      ErrorRule.checkFp64(what, actual.toDoubles(), exact, 4);
    } else {
      double[] plain = definition.apply(Rounding.FP32);
      ErrorRule.check(what, actual.dtype(), actual.toDoubles(), plain, exact);
    }
  }

  private static double[] mapped(double[] x, DoubleUnaryOperator f) {
    return Arrays.stream(x).map(f).toArray();
  }

  private static double[] values(Rounding r, Activation activation, double[] x) {
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] = ActivationReference.value(r, activation, x[i]);
    }
    return y;
  }

  private static double[] gradients(Rounding r, Activation activation, double[] x, double[] dy) {
    double[] dx = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      dx[i] = ActivationReference.gradient(r, activation, x[i], dy[i]);
    }
    return dx;
  }
}
