package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.optimizer.Adam;
import dev.kiln.kernels.optimizer.DynamicMap;
import dev.kiln.kernels.optimizer.EightBitAdam;
import dev.kiln.kernels.optimizer.GradientScaling;
import dev.kiln.kernels.optimizer.Parameter;
import dev.kiln.kernels.reference.OptimizerReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.List;
import org.junit.jupiter.api.Test;

class EightBitAdamTest {
  private static final Adam.Options OPTIONS = new Adam.Options(0.9, 0.99, 1e-8, 0.1, true, false);
  private static final double LR = 1e-2;

  /** Of the 256 numbers of 8 bits as `bitsandbytes` makes them. */
  @Test
  void theMapHasSevenDecades() {
    DynamicMap signed = DynamicMap.SIGNED;
    assertThat(signed.zeroCode()).isEqualTo(127);
    assertThat(signed.value(255)).isEqualTo(1);
    assertThat(signed.value(128)).isEqualTo(0.55e-6);
    assertThat(signed.value(254)).isEqualTo(0.1 + 0.9 * 63.5 / 64);
    assertThat(signed.value(0)).isEqualTo(-signed.value(254));
    DynamicMap unsigned = DynamicMap.UNSIGNED;
    assertThat(unsigned.zeroCode()).isZero();
    assertThat(unsigned.value(255)).isEqualTo(1);
    assertThat(unsigned.value(1)).isEqualTo(1e-6 * (0.1 + 0.9 * 0.25));
    assertThat(unsigned.value(254)).isEqualTo(0.1 + 0.9 * 127.5 / 128);
  }

  /**
   * Each step starts from the state that the kernel left; its weights follow the error rule, and
   * each number of its state is a nearest one.
   */
  @Test
  void stepsAreThoseOfAdamAndTheirStateIsRoundedToTheNearest() {
    for (Device device : Cases.devices()) {
      for (DType dtype : List.of(DType.FP32, DType.BF16)) {
        int n = Cases.isTested(device) ? 4096 + 300 : 300;
        check(device, dtype, n);
      }
    }
  }

  private static void check(Device device, DType dtype, int n) {
    var parameter =
        Parameter.of(
            NdArray.of(device, DType.FP32, Cases.normal(DType.FP32, 1, n), n),
            dtype == DType.FP32 ? null : Cases.unset(device, dtype, n),
            NdArray.zeros(device, dtype, n));
    try (var adam = new EightBitAdam(device, List.of(parameter), OPTIONS)) {
      for (int step = 1; step <= 4; step++) {
        double[] g = wide(dtype, step, n);
        parameter.grads().set(g);
        var exact = new Expected(parameter, adam);
        var plain = new Expected(parameter, adam);
        exact.step(Rounding.EXACT, g, step);
        plain.step(Rounding.FP32, g, step);
        adam.step(LR, step);
        ErrorRule.check("weights", DType.FP32, parameter.weights().toDoubles(), plain.w, exact.w);
        rounded(DynamicMap.SIGNED, adam, "mean", exact.m);
        rounded(DynamicMap.UNSIGNED, adam, "square", exact.v);
      }
    }
  }

  /** Gradients of many magnitudes, and a block of zeros. */
  private static double[] wide(DType dtype, int seed, int n) {
    double[] g = Cases.normal(dtype, seed, n);
    for (int i = 0; i < n; i++) {
      g[i] = i < 256 ? 0 : g[i] * Math.pow(10, -(i % 9));
    }
    return Rounding.to(dtype).of(g);
  }

  private static final class Expected {
    final double[] w;
    final double[] m;
    final double[] v;

    Expected(Parameter parameter, EightBitAdam adam) {
      w = parameter.weights().toDoubles();
      m = decoded(DynamicMap.SIGNED, adam, "mean");
      v = decoded(DynamicMap.UNSIGNED, adam, "square");
    }

    void step(Rounding r, double[] g, int step) {
      OptimizerReference.adam(r, w, g, m, v, new double[w.length], OPTIONS, LR, step);
    }
  }

  private static double[] decoded(DynamicMap map, EightBitAdam adam, String state) {
    long[] codes = adam.state(0, state).toLongs();
    double[] scales = adam.state(0, state + "Scale").toDoubles();
    double[] values = new double[codes.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = map.value((int) codes[i]) * scales[i / EightBitAdam.BLOCK];
    }
    return values;
  }

  private static void rounded(DynamicMap map, EightBitAdam adam, String state, double[] exact) {
    double[] actual = decoded(map, adam, state);
    double[] scales = adam.state(0, state + "Scale").toDoubles();
    for (int block = 0; block < scales.length; block++) {
      int from = block * EightBitAdam.BLOCK;
      int to = Math.min(exact.length, from + EightBitAdam.BLOCK);
      double scale = 0;
      for (int i = from; i < to; i++) {
        scale = Math.max(scale, Math.abs(exact[i]));
      }
      ErrorRule.check(
          "scale of " + state,
          DType.FP32,
          new double[] {scales[block]},
          new double[] {(float) scale},
          new double[] {scale});
      for (int i = from; i < to; i++) {
        double best =
            scale == 0 ? 0 : Math.abs(map.value(map.nearest(exact[i] / scale)) * scale - exact[i]);
        assertThat(Math.abs(actual[i] - exact[i]))
            .as("error of %s at %d, %s for %s", state, i, actual[i], exact[i])
            .isLessThanOrEqualTo(best + 1e-6 * Math.abs(exact[i]));
      }
    }
  }

  @Test
  void everyNumberOfTheMapStaysWhatItIs() {
    for (Device device : Cases.devices()) {
      var parameter =
          Parameter.of(
              NdArray.zeros(device, DType.FP32, 256), NdArray.zeros(device, DType.FP32, 256));
      // Averages that keep all of the past, whose gradient is 0.
      var still = new Adam.Options(Math.nextDown(1.0), Math.nextDown(1.0), 1, 0, true, false);
      try (var adam = new EightBitAdam(device, List.of(parameter), still)) {
        double[] codes = new double[256];
        for (int i = 0; i < 256; i++) {
          codes[i] = i;
        }
        for (String state : List.of("mean", "square")) {
          adam.state(0, state).set(codes);
          adam.state(0, state + "Scale").set(new double[] {3});
        }
        adam.step(LR, 1);
        for (String state : List.of("mean", "square")) {
          assertThat(adam.state(0, state).toDoubles()).as(state).isEqualTo(codes);
          assertThat(adam.state(0, state + "Scale").toDoubles()).containsExactly(3);
        }
      }
    }
  }

  @Test
  void aFlagSkipsTheStep() {
    for (Device device : Cases.devices()) {
      var parameter =
          Parameter.of(
              NdArray.full(device, DType.FP32, 2, 300),
              NdArray.full(device, DType.FP32, Double.NaN, 300));
      try (var adam = new EightBitAdam(device, List.of(parameter), OPTIONS)) {
        NdArray found = NdArray.full(device, DType.FP32, 1, 1);
        adam.step(LR, 1, GradientScaling.NONE.withFoundInf(found));
        assertThat(parameter.weights().toDoubles()).containsOnly(2);
        assertThat(adam.state(0, "mean").toDoubles()).containsOnly(127);
        assertThat(adam.state(0, "meanScale").toDoubles()).containsOnly(0);
      }
    }
  }
}
