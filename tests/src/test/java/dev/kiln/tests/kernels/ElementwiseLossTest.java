package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.loss.ElementwiseLoss;
import dev.kiln.kernels.loss.ElementwiseLoss.Weights;
import dev.kiln.kernels.loss.LossFunction;
import dev.kiln.kernels.loss.LossGradient;
import dev.kiln.kernels.loss.Reduction;
import dev.kiln.kernels.reference.ElementwiseLossReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ElementwiseLossTest {
  private static final List<LossFunction> FUNCTIONS =
      List.of(
          LossFunction.MSE,
          LossFunction.L1,
          LossFunction.smoothL1(0.5),
          LossFunction.huber(0.75),
          LossFunction.BCE_WITH_LOGITS,
          LossFunction.hinge(1),
          LossFunction.KL,
          LossFunction.KL_LOG);

  @ParameterizedTest
  @MethodSource("dev.kiln.tests.kernels.Cases#floats")
  void lossesAndGradientsAreWithinTheErrorRule(String name, DType dtype) {
    Device device = Cases.device(name);
    try (var kernel = new ElementwiseLoss(device)) {
      for (LossFunction f : FUNCTIONS) {
        for (int n : Cases.isTested(device) ? new int[] {1, 33, 9001} : new int[] {33}) {
          var p = new Problem(f, dtype, 1, n);
          NdArray losses = Cases.unset(device, dtype, 1, n);
          NdArray grads = Cases.unset(device, dtype, 1, n);
          LossGradient gradient = LossGradient.into(grads).withScale(0.5);
          kernel.run(f, p.x.on(device, dtype), p.y(device), Reduction.NONE, losses, gradient);
          Batch.check(f + " losses", losses, r -> p.losses(r), 4);
          Batch.check(f + " gradient", grads, r -> p.gradients(r, 0.5), 4);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.kiln.tests.kernels.Cases#floats")
  void reducedLossesAreWithinTheErrorRule(String name, DType dtype) {
    Device device = Cases.device(name);
    int rows = Cases.isTested(device) ? 301 : 3;
    LossFunction f = LossFunction.BCE_WITH_LOGITS;
    DType compute = dtype == DType.FP64 ? dtype : DType.FP32;
    try (var kernel = new ElementwiseLoss(device)) {
      var p = new Problem(f, dtype, rows, 35);
      double[] positive = Arrays.stream(Cases.normal(dtype, 8, 35)).map(Math::abs).toArray();
      double[] each = Arrays.stream(Cases.normal(dtype, 9, rows * 35)).map(Math::abs).toArray();
      var weights =
          new Weights(
              NdArray.of(device, dtype, each, rows, 35), NdArray.of(device, dtype, positive));
      for (Reduction reduction : List.of(Reduction.SUM, Reduction.MEAN, Reduction.BATCH_MEAN)) {
        double scale =
            switch (reduction) {
              case NONE, SUM -> 1;
              case MEAN -> 1.0 / (35 * rows);
              case BATCH_MEAN -> 1.0 / rows;
            };
        NdArray loss = Cases.unset(device, compute, 1);
        NdArray grads = Cases.unset(device, dtype, rows, 35);
        kernel.run(
            f,
            p.x.on(device, dtype),
            p.y(device),
            weights,
            reduction,
            loss,
            LossGradient.into(grads).withUpstream(NdArray.full(device, compute, 3, 1)));
        Batch.check(
            "loss",
            loss,
            r -> {
              double sum = 0;
              for (int i = 0; i < each.length; i++) {
                sum = r.of(sum + r.of(each[i] * p.loss(r, i, positive[i % 35])));
              }
              return new double[] {r.of(sum * scale)};
            },
            each.length);
        Batch.check(
            "gradient",
            grads,
            r -> {
              double[] expected = new double[each.length];
              for (int i = 0; i < each.length; i++) {
                double slope = r.of(each[i] * p.slope(r, i, positive[i % 35]));
                expected[i] = r.of(slope * r.of(3 * r.of(scale)));
              }
              return expected;
            },
            4);
      }
    }
  }

  @Test
  void referenceGradientsAreTheNumericalOnes() {
    for (LossFunction f : FUNCTIONS) {
      var p = new Problem(f, DType.FP64, 1, 50);
      NumericalGradient.check(
          f.toString(),
          x -> {
            double sum = 0;
            for (int i = 0; i < x.length; i++) {
              sum += ElementwiseLossReference.loss(Rounding.EXACT, f, x[i], p.y[i], 1);
            }
            return sum;
          },
          p.x.values(),
          p.gradients(Rounding.EXACT, 1));
    }
  }

  @Test
  void extremeLogitsStayFinite() {
    for (Device device : Cases.devices()) {
      NdArray x = NdArray.of(device, new float[] {200, -200, 200, -200, 20}, 5);
      NdArray y = NdArray.of(device, new float[] {1, 0, 0, 1, 1}, 5);
      NdArray losses = Cases.unset(device, DType.FP32, 5);
      NdArray grads = Cases.unset(device, DType.FP32, 5);
      new ElementwiseLoss(device)
          .run(
              LossFunction.BCE_WITH_LOGITS, x, y, Reduction.NONE, losses, LossGradient.into(grads));
      float small = (float) Math.exp(-20);
      assertThat(losses.toFloats()).startsWith(0, 0, 200, 200);
      assertThat(grads.toFloats()).endsWith(1, -1, -small);
      assertThat(losses.toFloats()[4]).isEqualTo(small);
    }
  }

  @Test
  void nothingTimesItsLogarithmIsNothing() {
    float none = Float.NEGATIVE_INFINITY;
    for (Device device : Cases.devices()) {
      var kernel = new ElementwiseLoss(device);
      NdArray losses = Cases.unset(device, DType.FP32, 3);
      NdArray x = NdArray.of(device, new float[] {none, -1, none}, 3);
      NdArray y = NdArray.of(device, new float[] {0, 0, 1}, 3);
      kernel.run(LossFunction.KL, x, y, Reduction.NONE, losses, LossGradient.NONE);
      assertThat(losses.toFloats()).containsExactly(0, 0, Float.POSITIVE_INFINITY);
      NdArray logs = NdArray.of(device, new float[] {none, none, 0}, 3);
      kernel.run(LossFunction.KL_LOG, x, logs, Reduction.NONE, losses, LossGradient.NONE);
      assertThat(losses.toFloats()).containsExactly(0, 0, Float.POSITIVE_INFINITY);
    }
  }

  /** Also: it is 0 only for equal distributions. */
  @Test
  void divergenceIsCrossEntropyMinusEntropy() {
    double[] p = {0.5, 0.25, 0.25, 0};
    double[] q = {0.25, 0.25, 0.375, 0.125};
    Device device = Cases.tested();
    var kernel = new ElementwiseLoss(device);
    NdArray loss = Cases.unset(device, DType.FP64, 1);
    NdArray logQ = NdArray.of(device, DType.FP64, Arrays.stream(q).map(Math::log).toArray());
    NdArray target = NdArray.of(device, DType.FP64, p);
    kernel.run(LossFunction.KL, logQ, target, Reduction.SUM, loss, LossGradient.NONE);
    double expected = 0;
    for (int i = 0; i < 3; i++) {
      expected += -p[i] * Math.log(q[i]) + p[i] * Math.log(p[i]);
    }
    ErrorRule.checkFp64("divergence", loss.toDoubles(), new double[] {expected}, 4);
    NdArray same = NdArray.of(device, DType.FP64, Arrays.stream(p).map(Math::log).toArray());
    kernel.run(LossFunction.KL, same, target, Reduction.SUM, loss, LossGradient.NONE);
    assertThat(loss.toDoubles()).containsExactly(0);
    kernel.run(LossFunction.KL_LOG, same, same, Reduction.SUM, loss, LossGradient.NONE);
    assertThat(loss.toDoubles()).containsExactly(0);
  }

  @Test
  void perNumberFactorsAndGradientsInPlace() {
    for (Device device : Cases.devices()) {
      NdArray x = NdArray.of(device, new float[] {1, 2, 3}, 3);
      NdArray y = NdArray.of(device, new float[] {0, 0, 5}, 3);
      NdArray factors = NdArray.of(device, new float[] {1, 10, 100}, 3);
      new ElementwiseLoss(device)
          .run(
              LossFunction.MSE,
              x,
              y,
              Reduction.NONE,
              null,
              LossGradient.into(x).withWeight(factors));
      assertThat(x.toFloats()).containsExactly(2, 40, -400);
    }
  }

  @Test
  void nothingHasTheSumZeroAndNoMean() {
    for (Device device : Cases.devices()) {
      NdArray none = NdArray.zeros(device, DType.FP32, 0, 3);
      NdArray loss = Cases.unset(device, DType.FP32, 1);
      var kernel = new ElementwiseLoss(device);
      kernel.run(LossFunction.MSE, none, none, Reduction.SUM, loss, LossGradient.into(none));
      assertThat(loss.toFloats()).containsExactly(0);
      kernel.run(LossFunction.MSE, none, none, Reduction.MEAN, loss, LossGradient.NONE);
      assertThat(loss.toFloats()).containsExactly(Float.NaN);
    }
  }

  @Test
  void smoothL1WithoutASmoothPartIsL1() {
    assertThat(LossFunction.smoothL1(0)).isEqualTo(LossFunction.L1);
  }

  @Test
  void argumentsThatDoNotFitAreRefused() {
    Device device = Cases.tested();
    var kernel = new ElementwiseLoss(device);
    NdArray x = NdArray.zeros(device, DType.FP32, 4, 6);
    NdArray other = NdArray.zeros(device, DType.FP32, 6);
    NdArray doubles = NdArray.zeros(device, DType.FP64, 4, 6);
    LossGradient none = LossGradient.NONE;
    LossFunction mse = LossFunction.MSE;
    refused(
        () -> kernel.run(mse, x.permute(1, 0), x, Reduction.SUM, null, none),
        "ElementwiseLoss: argument 'x' must be contiguous, but is fp32[6, 4] on cpu");
    refused(
        () -> kernel.run(mse, x, other, Reduction.SUM, null, none),
        "ElementwiseLoss: argument 'y' must have the shape of 'x', fp32[4, 6] on cpu, but is"
            + " fp32[6] on cpu");
    refused(
        () -> kernel.run(mse, x, doubles, Reduction.SUM, null, none),
        "ElementwiseLoss: argument 'y' must be fp64 exactly if 'x' is, but is fp64[4, 6] on cpu");
    refused(
        () -> kernel.run(mse, x, x, Reduction.SUM, x, none),
        "ElementwiseLoss: argument 'losses' must hold one number, but is fp32[4, 6] on cpu");
    refused(
        () -> kernel.run(mse, x, x, new Weights(null, other), Reduction.SUM, null, none),
        "ElementwiseLoss: argument 'positive' must be null except for BCE_WITH_LOGITS");
    refused(
        () -> kernel.run(mse, x, x, Reduction.SUM, null, LossGradient.into(x).withWeight(other)),
        "ElementwiseLoss: argument 'weight' must hold 1 or 24 numbers, but is fp32[6] on cpu");
    refused(
        () -> kernel.run(mse, x, x, Reduction.SUM, null, LossGradient.into(x).withUpstream(other)),
        "ElementwiseLoss: argument 'upstream' must hold one number, but is fp32[6] on cpu");
    refused(
        () -> LossFunction.huber(0),
        "ElementwiseLoss: argument 'delta' must be above 0, but is 0.0");
    refused(
        () -> LossFunction.hinge(-1),
        "ElementwiseLoss: argument 'number' must be at least 0 and finite, but is -1.0");
  }

  /** Random numbers against goals that suit a loss. */
  private static final class Problem {
    final LossFunction f;
    final DType dtype;
    final Batch x;
    final double[] y;

    Problem(LossFunction f, DType dtype, int rows, int columns) {
      this.f = f;
      this.dtype = dtype;
      x = Batch.normal(dtype, 1, rows, columns);
      double[] raw = Cases.normal(dtype, 2, rows * columns);
      y =
          Rounding.to(dtype)
              .of(
                  Arrays.stream(raw)
                      .map(
                          v ->
                              switch (f.kind()) {
                                case BCE_WITH_LOGITS, KL -> 1 / (1 + Math.exp(-v));
                                case HINGE -> v < 0 ? -1 : 1;
                                case MSE, L1, SMOOTH_L1, HUBER, KL_LOG -> v;
                              })
                      .toArray());
    }

    NdArray y(Device device) {
      return NdArray.of(device, dtype, y, x.rows(), x.columns());
    }

    double loss(Rounding r, int i, double positive) {
      return ElementwiseLossReference.loss(r, f, x.values()[i], y[i], positive);
    }

    double slope(Rounding r, int i, double positive) {
      return ElementwiseLossReference.slope(r, f, x.values()[i], y[i], positive);
    }

    double[] losses(Rounding r) {
      double[] losses = new double[y.length];
      Arrays.setAll(losses, i -> loss(r, i, 1));
      return losses;
    }

    double[] gradients(Rounding r, double scale) {
      double[] gradients = new double[y.length];
      Arrays.setAll(gradients, i -> r.of(slope(r, i, 1) * scale));
      return gradients;
    }
  }
}
