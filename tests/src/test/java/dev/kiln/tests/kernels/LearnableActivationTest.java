package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.LearnableActivation;
import dev.kiln.kernels.elementwise.LearnableActivation.Function;
import dev.kiln.kernels.reference.LearnableActivationReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class LearnableActivationTest {
  static Stream<Arguments> cases() {
    return Stream.of(
        Arguments.of(Cases.TESTED, Function.PRELU, DType.FP32, new Problem(3, 5, 77, 5)),
        Arguments.of(Cases.TESTED, Function.PRELU, DType.BF16, new Problem(700, 33, 1, 33)),
        Arguments.of(Cases.TESTED, Function.PRELU, DType.FP16, new Problem(2, 3, 5000, 1)),
        Arguments.of(Cases.TESTED, Function.PRELU, DType.FP64, new Problem(3, 2, 9, 2)),
        Arguments.of(Cases.TESTED, Function.SIGMOID, DType.FP32, new Problem(1, 1, 70_001, 1)),
        Arguments.of(Cases.TESTED, Function.SWISH, DType.FP32, new Problem(7, 3, 1, 3)),
        Arguments.of("eval", Function.PRELU, DType.FP32, new Problem(2, 3, 4, 3)),
        Arguments.of("eval", Function.SIGMOID, DType.FP32, new Problem(3, 2, 1, 2)),
        Arguments.of("eval", Function.SWISH, DType.FP32, new Problem(3, 2, 2, 1)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isWithinTheErrorRule(String device, Function f, DType dtype, Problem problem) {
    new Run(Cases.device(device), f, dtype, problem).check();
  }

  @ParameterizedTest
  @EnumSource
  void gradientsArePartialDerivatives(Function f) {
    double[] x = Cases.normal(DType.FP64, 71, 20);
    double[] a = Cases.normal(DType.FP64, 72, 20);
    Rounding r = Rounding.EXACT;
    double[] dx = new double[20];
    double[] da = new double[20];
    for (int i = 0; i < 20; i++) {
      dx[i] = LearnableActivationReference.inputGradient(r, f, x[i], a[i], 1);
      da[i] = LearnableActivationReference.numberGradient(r, f, x[i], a[i], 1);
    }
    NumericalGradient.check("dx", v -> sum(f, v, a), x, dx);
    NumericalGradient.check("da", v -> sum(f, x, v), a, da);
  }

  @Test
  void emptyArraysHaveAGradientOfZero() {
    for (Device device : Cases.devices()) {
      NdArray none = NdArray.zeros(device, DType.FP32, 0, 3);
      NdArray da = Cases.unset(device, DType.FP32, 3);
      NdArray a = NdArray.zeros(device, DType.FP32, 3);
      try (var kernel = new LearnableActivation(device)) {
        kernel.forward(Function.PRELU, none, 1, a, none);
        kernel.backward(Function.PRELU, none, 1, a, none, none, da);
      }
      assertThat(da.toDoubles()).containsExactly(0, 0, 0);
    }
  }

  @Test
  void refusesWhatDoesNotFit() {
    Device device = Cases.tested();
    NdArray x = NdArray.zeros(device, DType.FP32, 2, 3);
    NdArray a = NdArray.zeros(device, DType.FP32, 2);
    try (var kernel = new LearnableActivation(device)) {
      refused(
          () -> kernel.forward(Function.PRELU, x, 1, a, x),
          "LearnableActivation: argument 'a' must be a vector of 3, but is fp32[2] on cpu");
      refused(
          () -> kernel.forward(Function.PRELU, x, 2, a, x),
          "LearnableActivation: argument 'axis' must be an axis of 'x', but is 2");
      refused(
          () -> kernel.forward(Function.PRELU, x, 0, NdArray.zeros(device, DType.FP16, 2), x),
          "LearnableActivation: argument 'a' must have the dtype of 'x', fp32, but is fp16[2] on"
              + " cpu");
      refused(
          () -> kernel.backward(Function.PRELU, x, 0, a, x, x, x),
          "LearnableActivation: argument 'da' must be a vector of 2, but is fp32[2, 3] on cpu");
    }
  }

  private static double sum(Function f, double[] x, double[] a) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += LearnableActivationReference.value(Rounding.EXACT, f, x[i], a[i]);
    }
    return sum;
  }

  record Problem(int outer, int channels, int inner, int numbers) {
    int size() {
      return outer * channels * inner;
    }

    int number(int i) {
      return numbers == 1 ? 0 : i / inner % channels;
    }
  }

  private record Run(Device device, Function f, DType dtype, Problem p) {
    void check() {
      double[] x = Cases.normal(dtype, 73, p.size());
      double[] a = Cases.normal(dtype, 74, p.numbers());
      double[] dy = Cases.normal(dtype, 75, p.size());
      NdArray in = array(x);
      NdArray numbers = NdArray.of(device, dtype, a, p.numbers());
      NdArray y = Cases.unset(device, dtype, p.outer(), p.channels(), p.inner());
      NdArray dx = array(dy);
      NdArray da = Cases.unset(device, dtype, p.numbers());
      try (var kernel = new LearnableActivation(device)) {
        kernel.forward(f, in, 1, numbers, y);
        kernel.backward(f, in, 1, numbers, dx, dx, da);
      }
      Rounding exact = Rounding.EXACT;
      Rounding plain = Rounding.FP32;
      compare("y", y, values(plain, x, a), values(exact, x, a), 1);
      compare("dx", dx, inputs(plain, x, a, dy), inputs(exact, x, a, dy), 1);
      compare("da", da, numbers(plain, x, a, dy), numbers(exact, x, a, dy), p.size());
    }

    private NdArray array(double[] values) {
      return NdArray.of(device, dtype, values, p.outer(), p.channels(), p.inner());
    }

    private void compare(String what, NdArray actual, double[] plain, double[] exact, int terms) {
      if (dtype == DType.FP64) {
        ErrorRule.checkFp64(what, actual.toDoubles(), exact, 4 * terms);
      } else {
        ErrorRule.check(what, dtype, actual.toDoubles(), Rounding.to(dtype).of(plain), exact);
      }
    }

    private double[] values(Rounding r, double[] x, double[] a) {
      double[] y = new double[x.length];
      Arrays.setAll(y, i -> LearnableActivationReference.value(r, f, x[i], a[p.number(i)]));
      return y;
    }

    private double[] inputs(Rounding r, double[] x, double[] a, double[] dy) {
      double[] dx = new double[x.length];
      Arrays.setAll(
          dx, i -> LearnableActivationReference.inputGradient(r, f, x[i], a[p.number(i)], dy[i]));
      return dx;
    }

    private double[] numbers(Rounding r, double[] x, double[] a, double[] dy) {
      double[] da = new double[a.length];
      for (int i = 0; i < x.length; i++) {
        int n = p.number(i);
        double term = LearnableActivationReference.numberGradient(r, f, x[i], a[n], dy[i]);
        da[n] = r.of(da[n] + term);
      }
      return da;
    }
  }
}
