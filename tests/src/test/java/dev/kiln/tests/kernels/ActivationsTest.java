package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.Activations;
import dev.kiln.kernels.reference.ActivationReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.List;
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
          Activation.HARD_SWISH,
          Activation.SOFTPLUS);

  @ParameterizedTest
  @MethodSource("dev.kiln.tests.kernels.Cases#elementwise")
  void forwardAndBackwardAreWithinTheErrorRule(String name, DType dtype, int n) {
    Device device = Devices.byName(name);
    var kernels = new Activations(device);
    double[] x = Cases.normal(dtype, 4, n);
    double[] dy = Cases.normal(dtype, 5, n);
    for (Activation activation : ALL) {
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
            .as(activation + " on " + device.name())
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
              .as("%s at %s on %s", activation, x[i], device.name())
              .isCloseTo(difference / (2 * h), within(2e-6));
        }
      }
    }
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
