package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.loss.CrossEntropy;
import dev.kiln.kernels.loss.LossGradient;
import dev.kiln.kernels.loss.LossSums;
import dev.kiln.kernels.loss.NllLoss;
import dev.kiln.kernels.reference.NllReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NllLossTest {
  private static final long IGNORED = CrossEntropy.IGNORED;

  @ParameterizedTest
  @MethodSource("dev.kiln.tests.kernels.Cases#floats")
  void lossesAndGradientsAreThoseOfTheTargets(String name, DType dtype) {
    Device device = Cases.device(name);
    DType compute = dtype == DType.FP64 ? dtype : DType.FP32;
    var kernel = new NllLoss(device);
    for (int classes : Cases.isTested(device) ? new int[] {1, 10, 5001} : new int[] {10}) {
      Batch logs = Batch.normal(dtype, 1, 19, classes);
      double[] weights = Cases.normal(compute, 2, classes);
      int[] targets = new int[19];
      Arrays.setAll(targets, i -> (7 * i + 1) % classes);
      targets[3] = (int) IGNORED;
      NdArray losses = Cases.unset(device, compute, 19);
      NdArray grads = Cases.unset(device, dtype, 19, classes);
      kernel.run(
          logs.on(device, dtype),
          NdArray.of(device, targets, 19),
          IGNORED,
          NdArray.of(device, compute, weights, classes),
          losses,
          LossGradient.into(grads).withScale(0.5));
      double[] expected = new double[19];
      double[] expectedGrads = new double[19 * classes];
      for (int i = 0; i < 19; i++) {
        if (i != 3) {
          expected[i] = NllReference.loss(Rounding.to(compute), logs.row(i), targets[i], weights);
          double[] row =
              NllReference.gradient(Rounding.to(dtype), logs.row(i), targets[i], weights, 0.5);
          System.arraycopy(row, 0, expectedGrads, i * classes, classes);
        }
      }
      assertThat(losses.toDoubles()).isEqualTo(expected);
      assertThat(grads.toDoubles()).usingComparatorWithPrecision(0.0).isEqualTo(expectedGrads);
    }
  }

  @Test
  void wrongTargetsGiveNaN() {
    for (Device device : Cases.devices()) {
      NdArray logs = NdArray.of(device, new float[] {-1, -2, -1, -2}, 2, 2);
      NdArray losses = Cases.unset(device, DType.FP32, 2);
      NdArray grads = Cases.unset(device, DType.FP32, 2, 2);
      new NllLoss(device)
          .run(
              logs,
              NdArray.of(device, new long[] {1L << 32, 1}, 2),
              IGNORED,
              null,
              losses,
              LossGradient.into(grads));
      assertThat(losses.toFloats()).containsExactly(Float.NaN, 2);
      assertThat(grads.toFloats()).containsExactly(Float.NaN, Float.NaN, 0, -1);
    }
  }

  @Test
  void sumsAndMeansInDoublePrecision() {
    Device device = Cases.tested();
    var sums = new LossSums(device);
    NdArray losses = NdArray.of(device, DType.FP64, new double[] {1, 2, 4});
    NdArray targets = NdArray.of(device, new int[] {0, 1, -100}, 3);
    NdArray weights = NdArray.of(device, DType.FP64, new double[] {0.5, 1.5});
    NdArray weight = Cases.unset(device, DType.FP64, 1);
    NdArray total = Cases.unset(device, DType.FP64, 1);
    sums.rowWeight(targets, IGNORED, weights, weight);
    assertThat(weight.toDoubles()).containsExactly(0.5);
    sums.sum(losses, weight, 3, total);
    assertThat(total.toDoubles()).containsExactly(10.5);
    refused(
        () -> sums.sum(losses, null, 1, NdArray.zeros(device, DType.FP32, 1)),
        "LossSums: argument 'losses' must be fp32, but is fp64[3] on cpu");
    refused(
        () -> sums.sum(losses, null, 1, losses),
        "LossSums: argument 'total' must hold one number, but is fp64[3] on cpu");
    refused(
        () -> sums.rowWeight(targets, IGNORED, targets, weight),
        "LossSums: argument 'classWeights' must be fp64, but is i32[3] on cpu");
  }

  @Test
  void argumentsThatDoNotFitAreRefused() {
    Device device = Cases.tested();
    var kernel = new NllLoss(device);
    NdArray logs = NdArray.zeros(device, DType.FP32, 4, 6);
    NdArray targets = NdArray.zeros(device, DType.I32, 4);
    refused(
        () -> kernel.run(logs, logs, IGNORED, null, null, LossGradient.NONE),
        "NllLoss: argument 'targets' must be a vector of 4, but is fp32[4, 6] on cpu");
    refused(
        () -> kernel.run(logs, targets, IGNORED, targets, null, LossGradient.NONE),
        "NllLoss: argument 'classWeights' must be a vector of 6, but is i32[4] on cpu");
    refused(
        () -> kernel.run(logs, targets, IGNORED, null, targets, LossGradient.NONE),
        "NllLoss: argument 'rowLosses' must be fp32, but is i32[4] on cpu");
    refused(
        () -> kernel.run(logs, targets, IGNORED, null, null, LossGradient.into(logs)),
        "NllLoss: argument 'grads' must not be 'logs'");
  }
}
