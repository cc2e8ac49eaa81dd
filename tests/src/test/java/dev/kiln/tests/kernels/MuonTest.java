package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.optimizer.GradientScaling;
import dev.kiln.kernels.optimizer.Muon;
import dev.kiln.kernels.optimizer.Parameter;
import dev.kiln.kernels.reference.MatmulReference;
import dev.kiln.kernels.reference.MuonReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class MuonTest {
  /** Wide, tall, twice the same, a row, more than a block, empty. */
  private static final long[][] SHAPES = {
    {5, 12}, {12, 5}, {5, 12}, {1, 7}, {96, 70}, {4, 3, 2, 2}, {0, 3}
  };

  private static final long[][] SMALL = {{3, 5}, {5, 3}, {3, 5}, {2, 3, 2}};
  private static final double LR = 0.02;
  private static final int STEPS = 2;

  @Test
  void matricesAreWithinTheErrorRule() {
    for (Device device : Cases.devices()) {
      for (DType dtype : Cases.DTYPES) {
        check(device, dtype, new Muon.Options(0.95, true, 0.1, DType.FP32));
      }
      check(device, DType.FP32, new Muon.Options(0.9, false, 0, DType.FP32));
    }
  }

  private static void check(Device device, DType dtype, Muon.Options options) {
    List<Parameter> parameters = parameters(device, DType.FP32, dtype);
    List<double[]> exact = new ArrayList<>();
    List<double[]> plain = new ArrayList<>();
    List<double[]> exactMomentum = new ArrayList<>();
    List<double[]> plainMomentum = new ArrayList<>();
    for (Parameter parameter : parameters) {
      exact.add(parameter.weights().toDoubles());
      plain.add(parameter.weights().toDoubles());
      exactMomentum.add(new double[exact.getLast().length]);
      plainMomentum.add(new double[exact.getLast().length]);
    }
    try (var muon = new Muon(device, parameters, options)) {
      for (int step = 1; step <= STEPS; step++) {
        for (int i = 0; i < parameters.size(); i++) {
          NdArray grads = parameters.get(i).grads();
          double[] g = Cases.normal(dtype, 100L * step + i, (int) grads.size());
          grads.set(g);
          int rows = (int) grads.dim(0);
          int columns = rows == 0 ? 0 : g.length / rows;
          step(Rounding.EXACT, exact.get(i), g, exactMomentum.get(i), rows, columns, options);
          step(Rounding.FP32, plain.get(i), g, plainMomentum.get(i), rows, columns, options);
        }
        muon.step(LR, step);
      }
      for (int i = 0; i < parameters.size(); i++) {
        double[] weights = parameters.get(i).weights().toDoubles();
        String what = "weights " + i + " with gradients in " + dtype + " on " + Cases.name(device);
        ErrorRule.check(what, DType.FP32, weights, plain.get(i), exact.get(i));
        ErrorRule.check(
            "momentum",
            DType.FP32,
            muon.state(i, "momentum").toDoubles(),
            plainMomentum.get(i),
            exactMomentum.get(i));
        if (parameters.get(i).model() != null) {
          assertThat(parameters.get(i).model().toDoubles())
              .isEqualTo(Rounding.to(dtype).of(weights));
        }
      }
    }
  }

  private static void step(
      Rounding r, double[] w, double[] g, double[] m, int rows, int columns, Muon.Options o) {
    MuonReference.step(r, w, g, m, rows, columns, o, LR);
  }

  private static List<Parameter> parameters(Device device, DType weights, DType grads) {
    List<Parameter> parameters = new ArrayList<>();
    for (long[] shape : Cases.isTested(device) ? SHAPES : SMALL) {
      int n = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
      parameters.add(
          Parameter.of(
              NdArray.of(device, weights, Cases.normal(weights, parameters.size(), n), shape),
              grads.bytes() == 2 ? Cases.unset(device, grads, shape) : null,
              NdArray.zeros(device, grads, shape)));
    }
    return parameters;
  }

  @Test
  void inDoublePrecision() {
    for (Device device : Cases.devices()) {
      double[] w = Cases.normal(DType.FP64, 1, 24);
      double[] g = Cases.normal(DType.FP64, 2, 24);
      var parameter =
          Parameter.of(
              NdArray.of(device, DType.FP64, w, 6, 4), NdArray.of(device, DType.FP64, g, 6, 4));
      try (var muon = new Muon(device, List.of(parameter), Muon.Options.DEFAULT)) {
        muon.step(LR, 1);
      }
      step(Rounding.EXACT, w, g, new double[24], 6, 4, Muon.Options.DEFAULT);
      // Five steps that each may magnify errors by 3.4445, of sums of 6.
      ErrorRule.checkFp64("weights", parameter.weights().toDoubles(), w, 6 * 485);
    }
  }

  /** The rows of the shorter side become nearly orthonormal. */
  @Test
  void updatesAreNearlyOrthogonalInAnyDType() {
    for (Device device : Cases.devices()) {
      for (DType products : List.of(DType.FP32, DType.BF16)) {
        var parameter =
            Parameter.of(
                NdArray.zeros(device, DType.FP32, 4, 30),
                NdArray.of(device, DType.FP32, Cases.normal(DType.FP32, 3, 120), 4, 30));
        var options = new Muon.Options(0.95, true, 0, products);
        try (var muon = new Muon(device, List.of(parameter), options)) {
          muon.step(1, 1);
        }
        double[] x = parameter.weights().toDoubles();
        double[] square =
            MatmulReference.product(
                Rounding.EXACT, x, MatmulReference.transpose(x, 4, 30), 4, 4, 30);
        for (int i = 0; i < 16; i++) {
          assertThat(square[i])
              .as("x x^T at %d with products in %s", i, products)
              .isCloseTo(i % 5 == 0 ? 1 : 0, within(0.5));
        }
      }
    }
  }

  @Test
  void aFlagSkipsTheStepAndAGradientOfZeroOnlyDecays() {
    for (Device device : Cases.devices()) {
      NdArray found = NdArray.full(device, DType.FP32, 1, 1);
      var parameter =
          Parameter.of(
              NdArray.full(device, DType.FP32, 2, 3, 4),
              NdArray.full(device, DType.FP32, Double.NaN, 3, 4));
      var options = new Muon.Options(0.95, true, 0.5, DType.FP32);
      try (var muon = new Muon(device, List.of(parameter), options)) {
        muon.step(1, 1, GradientScaling.NONE.withFoundInf(found));
        assertThat(parameter.weights().toDoubles()).containsOnly(2);
        assertThat(muon.state(0, "momentum").toDoubles()).containsOnly(0);
        parameter.grads().set(new double[12]);
        muon.step(1, 1);
        assertThat(parameter.weights().toDoubles()).containsOnly(1);
      }
    }
  }
}
