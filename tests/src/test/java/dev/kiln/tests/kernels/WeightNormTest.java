package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.normalization.SpectralNorm;
import dev.kiln.kernels.normalization.WeightNorm;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.kernels.reference.SpectralNormReference;
import dev.kiln.kernels.reference.WeightNormReference;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Weight norm and spectral norm, which normalise parameters. */
class WeightNormTest {
  static Stream<Arguments> shapes() {
    return Cases.matrices(
        List.of(new int[] {2, 3}, new int[] {5, 33}), List.of(new int[] {20, 5000}));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void weightNormIsWithinTheErrorRule(String name, DType dtype, int rows, int columns) {
    Device device = Cases.device(name);
    DType compute = dtype == DType.FP64 ? DType.FP64 : DType.FP32;
    Batch v = Batch.normal(dtype, 1, rows, columns);
    Batch dw = Batch.normal(dtype, 2, rows, columns);
    double[] g = Cases.normal(dtype, 3, rows);
    var kernel = new WeightNorm(device);
    NdArray w = Cases.unset(device, dtype, rows, columns);
    NdArray norms = Cases.unset(device, compute, rows);
    NdArray gs = NdArray.of(device, dtype, g, rows);
    kernel.forward(v.on(device, dtype), gs, w, norms);
    Batch.check("w", w, r -> rows(v, i -> WeightNormReference.forward(r, v.row(i), g[i])), columns);
    Batch.check(
        "norms", norms, r -> each(rows, i -> WeightNormReference.norm(r, v.row(i))), columns);

    NdArray dv = Cases.unset(device, dtype, rows, columns);
    NdArray dg = Cases.unset(device, dtype, rows);
    kernel.backward(dw.on(device, dtype), v.on(device, dtype), gs, norms, dv, dg);
    Batch.check(
        "dv", dv, r -> rows(v, i -> WeightNormReference.dv(r, dw.row(i), v.row(i), g[i])), columns);
    Batch.check(
        "dg", dg, r -> each(rows, i -> WeightNormReference.dg(r, dw.row(i), v.row(i))), columns);
  }

  @Test
  void ownLengthGivesTheWeightsAndTheGradientIsOrthogonal() {
    Device device = Cases.tested();
    Batch v = Batch.normal(DType.FP64, 4, 3, 40);
    Batch dw = Batch.normal(DType.FP64, 5, 3, 40);
    double[] g = each(3, i -> WeightNormReference.norm(Rounding.EXACT, v.row(i)));
    NdArray gs = NdArray.of(device, DType.FP64, g, 3);
    NdArray w = Cases.unset(device, DType.FP64, 3, 40);
    NdArray norms = Cases.unset(device, DType.FP64, 3);
    var kernel = new WeightNorm(device);
    kernel.forward(v.on(device, DType.FP64), gs, w, norms);
    assertThat(w.toDoubles()).containsExactly(v.values(), within(1e-15));
    NdArray dv = Cases.unset(device, DType.FP64, 3, 40);
    NdArray dg = Cases.unset(device, DType.FP64, 3);
    kernel.backward(dw.on(device, DType.FP64), v.on(device, DType.FP64), gs, norms, dv, dg);
    var result = new Batch(dv.toDoubles(), 40);
    for (int i = 0; i < 3; i++) {
      assertThat(WeightNormReference.dot(Rounding.EXACT, result.row(i), v.row(i)))
          .isCloseTo(0, within(1e-12));
    }
  }

  @Test
  void referenceGradientsAreTheNumericalOnes() {
    double[] v = Cases.normal(DType.FP64, 6, 6);
    double[] dw = Cases.normal(DType.FP64, 7, 6);
    Rounding exact = Rounding.EXACT;
    NumericalGradient.check(
        "dv",
        x -> WeightNormReference.dot(exact, dw, WeightNormReference.forward(exact, x, 1.5)),
        v.clone(),
        WeightNormReference.dv(exact, dw, v, 1.5));
    NumericalGradient.check(
        "dg",
        g -> WeightNormReference.dot(exact, dw, WeightNormReference.forward(exact, v, g[0])),
        new double[] {1.5},
        new double[] {WeightNormReference.dg(exact, dw, v)});
    double[] a = {0.6, 0.8};
    double[] b = {0, 1, 0};
    NumericalGradient.check(
        "spectral dw",
        x -> WeightNormReference.dot(exact, dw, SpectralNormReference.forward(exact, x, a, b)),
        v.clone(),
        SpectralNormReference.backward(exact, dw, v, a, b));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void spectralNormIsWithinTheErrorRule(String name, DType dtype, int rows, int columns) {
    Device device = Cases.device(name);
    DType compute = dtype == DType.FP64 ? DType.FP64 : DType.FP32;
    Batch w = Batch.normal(dtype, 8, rows, columns);
    Batch dy = Batch.normal(dtype, 9, rows, columns);
    NdArray u = NdArray.of(device, compute, Cases.normal(dtype, 10, rows), rows);
    NdArray v = Cases.unset(device, compute, columns);
    NdArray sigma = Cases.unset(device, compute, 1);
    NdArray y = Cases.unset(device, dtype, rows, columns);
    try (var kernel = new SpectralNorm(device)) {
      kernel.forward(w.on(device, dtype), 2, 1e-12, u, v, sigma, y);
      double[] us = u.toDoubles();
      double[] vs = v.toDoubles();
      int terms = rows * columns;
      Batch.check(
          "sigma",
          sigma,
          r -> new double[] {SpectralNormReference.sigma(r, w.values(), us, vs)},
          terms);
      Batch.check("y", y, r -> SpectralNormReference.forward(r, w.values(), us, vs), terms);
      NdArray dw = Cases.unset(device, dtype, rows, columns);
      kernel.backward(dy.on(device, dtype), w.on(device, dtype), u, v, sigma, dw);
      Batch.check(
          "dw", dw, r -> SpectralNormReference.backward(r, dy.values(), w.values(), us, vs), terms);
    }
  }

  @Test
  void largestSingularValueBecomesOne() {
    for (Device device : Cases.devices()) {
      Batch w = Batch.normal(DType.FP64, 11, 12, 9);
      NdArray u = NdArray.of(device, DType.FP64, Cases.normal(DType.FP64, 12, 12), 12);
      NdArray v = Cases.unset(device, DType.FP64, 9);
      NdArray sigma = Cases.unset(device, DType.FP64, 1);
      NdArray y = Cases.unset(device, DType.FP64, 12, 9);
      try (var kernel = new SpectralNorm(device)) {
        for (int i = 0; i < 20; i++) {
          kernel.forward(w.on(device, DType.FP64), 10, 1e-12, u, v, sigma, y);
        }
        NdArray again = Cases.unset(device, DType.FP64, 12, 9);
        kernel.forward(w.on(device, DType.FP64), 0, 1e-12, u, v, sigma, again);
        assertThat(again.toBytes()).isEqualTo(y.toBytes());
      }
      double exact = SpectralNormReference.largestSingularValue(w.values(), 12, 9);
      assertThat(sigma.toDoubles()[0]).isCloseTo(exact, within(1e-9));
      assertThat(SpectralNormReference.largestSingularValue(y.toDoubles(), 12, 9))
          .isCloseTo(1, within(1e-9));
    }
  }

  @Test
  void emptyArraysAreLeftAlone() {
    for (Device device : Cases.devices()) {
      NdArray empty = NdArray.zeros(device, DType.FP32, 0, 3);
      NdArray none = NdArray.zeros(device, DType.FP32, 0);
      NdArray three = NdArray.zeros(device, DType.FP32, 3);
      NdArray one = NdArray.zeros(device, DType.FP32, 1);
      new WeightNorm(device).forward(empty, none, empty, none);
      new WeightNorm(device).backward(empty, empty, none, none, empty, none);
      new SpectralNorm(device).forward(empty, 1, 1e-12, none, three, one, empty);
      new SpectralNorm(device).backward(empty, empty, none, three, one, empty);
    }
  }

  @Test
  void argumentsThatDoNotFitAreRefused() {
    Device device = Cases.tested();
    NdArray w = NdArray.zeros(device, DType.FP32, 4, 6);
    NdArray four = NdArray.zeros(device, DType.FP32, 4);
    NdArray six = NdArray.zeros(device, DType.FP32, 6);
    NdArray one = NdArray.zeros(device, DType.FP32, 1);
    var weight = new WeightNorm(device);
    refused(
        () -> weight.forward(w, six, w, four),
        "WeightNorm: argument 'g' must be a vector of 4, but is fp32[6] on cpu");
    refused(
        () -> weight.backward(w, w, four, null, w, four),
        "WeightNorm: argument 'norms' must be given");
    var spectral = new SpectralNorm(device);
    refused(
        () -> spectral.forward(w, -1, 0, four, six, one, w),
        "SpectralNorm: argument 'iterations' must not be negative, but is -1");
    refused(
        () -> spectral.forward(w, 1, -1, four, six, one, w),
        "SpectralNorm: argument 'eps' must be at least 0 and finite, but is -1.0");
    refused(
        () -> spectral.forward(w, 1, 0, six, six, one, w),
        "SpectralNorm: argument 'u' must be a vector of 4, but is fp32[6] on cpu");
    refused(
        () -> spectral.forward(six, 1, 0, six, six, one, six),
        "SpectralNorm: argument 'w' must be a matrix, but is fp32[6] on cpu");
    refused(
        () -> spectral.backward(w, w, four, six, six, w),
        "SpectralNorm: argument 'sigma' must be a vector of 1, but is fp32[6] on cpu");
  }

  private static double[] rows(Batch like, java.util.function.IntFunction<double[]> row) {
    return Batch.ofRows(like.rows(), like.columns(), row).values();
  }

  private static double[] each(int n, java.util.function.IntToDoubleFunction number) {
    return java.util.stream.IntStream.range(0, n).mapToDouble(number).toArray();
  }
}
