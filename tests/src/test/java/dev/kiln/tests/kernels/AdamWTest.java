package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.optimizer.AdamW;
import dev.kiln.kernels.reference.AdamWReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.NdArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AdamWTest {
  private static final AdamW.Options OPTIONS = new AdamW.Options(0.9, 0.999, 1e-8, 0.1);
  private static final double LR = 1e-2;

  /** Weights, gradients and averages in host memory. */
  private record State(double[] w, double[] m, double[] v) {
    State(double[] w) {
      this(w.clone(), new double[w.length], new double[w.length]);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.kiln.tests.kernels.Cases#elementwise")
  void threeStepsAreWithinTheErrorRule(String name, DType dtype, int n) {
    Device device = Devices.byName(name);
    double[] w = Cases.normal(DType.FP32, 12, n);
    NdArray model = dtype == DType.FP32 ? null : Cases.unset(device, dtype, n);
    var parameter = parameter(device, w, model, NdArray.zeros(device, dtype, n));
    var exact = new State(w);
    var plain = new State(w);
    var kernel = new AdamW(device);
    for (int step = 1; step <= 3; step++) {
      double[] g = Rounding.to(dtype).of(Cases.normal(dtype, 20 + step, n));
      parameter.grads().set(g);
      kernel.step(parameter, OPTIONS, LR, step, 0.125, null);
      AdamWReference.step(Rounding.EXACT, exact.w, g, exact.m, exact.v, OPTIONS, LR, step, 0.125);
      AdamWReference.step(Rounding.FP32, plain.w, g, plain.m, plain.v, OPTIONS, LR, step, 0.125);
    }
    ErrorRule.check("weights", DType.FP32, parameter.weights().toDoubles(), plain.w, exact.w);
    ErrorRule.check("mean", DType.FP32, parameter.mean().toDoubles(), plain.m, exact.m);
    ErrorRule.check("square", DType.FP32, parameter.square().toDoubles(), plain.v, exact.v);
    if (model != null) {
      assertThat(model.toDoubles())
          .as("the model's copy")
          .isEqualTo(Rounding.to(dtype).of(parameter.weights().toDoubles()));
    }
  }

  @Test
  void theFirstStepIsTheLearningRateWhateverTheGradient() {
    for (Device device : Cases.devices()) {
      double[] g = {1, -1, 1e-3, -5e4};
      var parameter = parameter(device, new double[4], null, NdArray.of(device, DType.FP32, g));
      new AdamW(device).step(parameter, OPTIONS, LR, 1);
      assertThat(parameter.weights().toDoubles())
          .containsExactly(new double[] {-LR, LR, -LR, LR}, within(1e-5 * LR));
    }
  }

  @Test
  void masterWeightsMoveWhereHalfPrecisionWouldNot() {
    for (Device device : Cases.devices()) {
      NdArray model = Cases.unset(device, DType.FP16, 1);
      var parameter =
          parameter(
              device, new double[] {1}, model, NdArray.of(device, DType.FP16, new double[] {1}, 1));
      var options = new AdamW.Options(0.9, 0.999, 1e-8, 0);
      for (int step = 1; step <= 100; step++) {
        new AdamW(device).step(parameter, options, 1e-5, step);
      }
      assertThat(parameter.weights().toDoubles()[0]).isCloseTo(1 - 100e-5, within(5e-6));
      assertThat(model.toDoubles()[0]).isCloseTo(1 - 100e-5, within(5e-4)).isLessThan(1);
    }
  }

  @Test
  void aStepWithInfinitiesChangesNothing() {
    for (Device device : Cases.devices()) {
      double[] w = Cases.normal(DType.FP32, 13, 50);
      NdArray model = NdArray.full(device, DType.BF16, 3, 50);
      var parameter =
          parameter(
              device, w, model, NdArray.full(device, DType.FP32, Double.POSITIVE_INFINITY, 50));
      NdArray found = NdArray.full(device, DType.FP32, 1, 1);
      var kernel = new AdamW(device);
      kernel.step(parameter, OPTIONS, LR, 1, 1, found);
      assertThat(parameter.weights().toDoubles()).isEqualTo(w);
      assertThat(parameter.mean().toDoubles()).containsOnly(0);
      assertThat(parameter.square().toDoubles()).containsOnly(0);
      assertThat(model.toDoubles()).containsOnly(3);

      found.set(new float[] {0});
      parameter.grads().set(new double[50]);
      kernel.step(parameter, OPTIONS, LR, 1, 1, found);
      assertThat(parameter.weights().toDoubles()).as("weights decay again").isNotEqualTo(w);
    }
  }

  private static AdamW.Parameter parameter(
      Device device, double[] w, NdArray model, NdArray grads) {
    long n = w.length;
    return new AdamW.Parameter(
        NdArray.of(device, DType.FP32, w, n),
        model,
        grads.reshape(n),
        NdArray.zeros(device, DType.FP32, n),
        NdArray.zeros(device, DType.FP32, n));
  }
}
