package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.loss.CrossEntropy;
import dev.kiln.kernels.loss.CrossEntropy.Options;
import dev.kiln.kernels.loss.LossGradient;
import dev.kiln.kernels.reference.CrossEntropyReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Soft goals, weights of classes, the z-loss, factors of the gradient, where results go. */
class CrossEntropyOptionsTest {
  @ParameterizedTest
  @MethodSource("dev.kiln.tests.kernels.Cases#floats")
  void weightsOfClassesAndAZLoss(String name, DType dtype) {
    Device device = Cases.device(name);
    for (int classes : Cases.isTested(device) ? new int[] {7, 5000} : new int[] {7}) {
      new Problem(device, dtype, 9, classes).check(0.2, false);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.kiln.tests.kernels.Cases#floats")
  void goalsOfSeveralClasses(String name, DType dtype) {
    Device device = Cases.device(name);
    for (int classes : Cases.isTested(device) ? new int[] {7, 5000} : new int[] {7}) {
      new Problem(device, dtype, 9, classes).check(0.2, true);
    }
  }

  @Test
  void referenceGradientIsTheNumericalOne() {
    var p = new Problem(Cases.tested(), DType.FP64, 1, 12);
    double[] goal = p.goal(Rounding.EXACT, 0, 0.1, true);
    NumericalGradient.check(
        "gradient",
        x -> CrossEntropyReference.loss(Rounding.EXACT, x, goal, 0.01),
        p.logits.row(0),
        CrossEntropyReference.gradient(Rounding.EXACT, p.logits.row(0), goal, 0.01, 1));
  }

  @Test
  void anImpossibleClassWithNoGoalCostsNothing() {
    float none = Float.NEGATIVE_INFINITY;
    for (Device device : Cases.devices()) {
      NdArray losses = Cases.unset(device, DType.FP32, 2);
      NdArray logits = NdArray.of(device, new float[] {0, none, 0, 0, none, 0}, 2, 3);
      NdArray goals = NdArray.of(device, new float[] {0.5f, 0, 0.5f, 0, 1, 0}, 2, 3);
      new CrossEntropy(device).run(logits, goals, Options.DEFAULT, losses);
      assertThat(losses.toFloats()).containsExactly((float) Math.log(2), Float.POSITIVE_INFINITY);
    }
  }

  @Test
  void oneHotGoalsGiveWhatClassesGive() {
    Device device = Cases.tested();
    var p = new Problem(device, DType.FP32, 20, 300);
    double[] onehot = new double[20 * 300];
    for (int i = 0; i < 20; i++) {
      onehot[300 * i + p.targets[i]] = 1;
    }
    NdArray hard = Cases.unset(device, DType.FP32, 20, 300);
    NdArray soft = Cases.unset(device, DType.FP32, 20, 300);
    var kernel = new CrossEntropy(device);
    kernel.run(p.logits(), p.targets(), Options.DEFAULT, null, null, LossGradient.into(hard));
    kernel.run(
        p.logits(),
        NdArray.of(device, DType.FP32, onehot, 20, 300),
        Options.DEFAULT,
        null,
        null,
        LossGradient.into(soft));
    assertThat(soft.toBytes()).isEqualTo(hard.toBytes());
  }

  @Test
  void weightsOfClassesDivideTheMean() {
    for (Device device : Cases.devices()) {
      NdArray weights = NdArray.of(device, new float[] {1, 2, 4}, 3);
      NdArray targets = NdArray.of(device, new int[] {2, -100, 0, 1}, 4);
      NdArray rowWeight = Cases.unset(device, DType.FP32, 1);
      new CrossEntropy(device)
          .rowWeight(targets, Options.DEFAULT.withClassWeights(weights), rowWeight);
      assertThat(rowWeight.toFloats()).containsExactly(1f / 7);
    }
  }

  @Test
  void rowsHaveFactorsOfTheirOwnAndOneInCommon() {
    for (Device device : Cases.devices()) {
      var p = new Problem(device, DType.FP32, 3, 5);
      NdArray plain = Cases.unset(device, DType.FP32, 3, 5);
      NdArray scaled = Cases.unset(device, DType.FP32, 3, 5);
      var kernel = new CrossEntropy(device);
      kernel.run(p.logits(), p.targets(), Options.DEFAULT, null, null, LossGradient.into(plain));
      kernel.run(
          p.logits(),
          p.targets(),
          Options.DEFAULT,
          null,
          null,
          LossGradient.into(scaled)
              .withWeight(NdArray.of(device, new float[] {1, 2, 4}, 3))
              .withUpstream(NdArray.of(device, new float[] {8}, 1))
              .withScale(0.5));
      double[] expected = plain.toDoubles();
      for (int i = 0; i < expected.length; i++) {
        expected[i] *= 4 << i / 5;
      }
      assertThat(scaled.toDoubles()).isEqualTo(expected);
    }
  }

  @Test
  void gradientInPlaceGivesTheSameBits() {
    Device device = Cases.tested();
    for (int classes : new int[] {10, 9000}) {
      var p = new Problem(device, DType.FP32, 40, classes);
      var options = new Options(CrossEntropy.IGNORED, 0.1);
      NdArray apart = Cases.unset(device, DType.FP32, 40, classes);
      NdArray losses = Cases.unset(device, DType.FP32, 40);
      NdArray again = Cases.unset(device, DType.FP32, 40);
      NdArray both = p.logits();
      var kernel = new CrossEntropy(device);
      kernel.run(p.logits(), p.targets(), options, losses, null, LossGradient.into(apart));
      kernel.run(both, p.targets(), options, again, null, LossGradient.into(both));
      assertThat(both.toBytes()).isEqualTo(apart.toBytes());
      assertThat(again.toBytes()).isEqualTo(losses.toBytes());
      both = p.logits();
      kernel.run(both, p.targets(), Options.DEFAULT, losses, null, LossGradient.into(both));
      kernel.run(p.logits(), p.targets(), Options.DEFAULT, again);
      assertThat(again.toBytes()).isEqualTo(losses.toBytes());
    }
  }

  @Test
  void partsOfRowsLeaveTheirNeighboursAlone() {
    Device device = Cases.tested();
    var p = new Problem(device, DType.FP32, 30, 20);
    NdArray wide = Cases.unset(device, DType.FP32, 30, 40);
    NdArray dense = Cases.unset(device, DType.FP32, 30, 20);
    var kernel = new CrossEntropy(device);
    kernel.run(
        p.logits(),
        p.targets(),
        Options.DEFAULT,
        null,
        null,
        LossGradient.into(wide.narrow(1, 10, 30)));
    kernel.run(p.logits(), p.targets(), Options.DEFAULT, null, null, LossGradient.into(dense));
    double[] all = wide.toDoubles();
    for (int i = 0; i < 30; i++) {
      assertThat(Arrays.copyOfRange(all, 40 * i + 10, 40 * i + 30))
          .isEqualTo(Arrays.copyOfRange(dense.toDoubles(), 20 * i, 20 * i + 20));
      assertThat(Arrays.copyOfRange(all, 40 * i, 40 * i + 10)).containsOnly(Double.NaN);
      assertThat(Arrays.copyOfRange(all, 40 * i + 30, 40 * i + 40)).containsOnly(Double.NaN);
    }
  }

  @Test
  void rowsOfManyClasses() {
    Device device = Cases.tested();
    int classes = 256_000;
    new Problem(device, DType.FP32, 2, classes).check(0, false);
  }

  @Test
  void argumentsThatDoNotFitAreRefused() {
    Device device = Cases.tested();
    var kernel = new CrossEntropy(device);
    NdArray x = NdArray.zeros(device, DType.FP32, 4, 6);
    NdArray targets = NdArray.zeros(device, DType.I32, 4);
    NdArray six = NdArray.zeros(device, DType.FP32, 6);
    NdArray doubles = NdArray.zeros(device, DType.FP64, 4, 6);
    LossGradient none = LossGradient.NONE;
    refused(
        () -> kernel.run(targets, targets, Options.DEFAULT, null),
        "CrossEntropy: argument 'logits' must be fp32, fp16 or bf16, but is i32[4] on cpu");
    refused(
        () -> kernel.run(six, targets, Options.DEFAULT, null),
        "CrossEntropy: argument 'logits' must be a matrix, but is fp32[6] on cpu");
    refused(
        () -> kernel.run(x.permute(1, 0), targets, Options.DEFAULT, null),
        "CrossEntropy: argument 'logits' must have dense rows");
    refused(
        () -> kernel.run(x.narrow(1, 0, 0), targets, Options.DEFAULT, null),
        "CrossEntropy: argument 'logits' must have 1 to 2147483647 classes and at most as many"
            + " rows, but is fp32[4, 0] on cpu");
    refused(
        () -> kernel.run(x, doubles, Options.DEFAULT, null),
        "CrossEntropy: argument 'targets' must be fp64 exactly if 'logits' is, but is fp64[4, 6]"
            + " on cpu");
    refused(
        () -> kernel.run(x, targets, Options.DEFAULT, six),
        "CrossEntropy: argument 'rowLosses' must be a vector of 4, but is fp32[6] on cpu");
    refused(
        () -> kernel.run(x, targets, Options.DEFAULT, null, targets, none),
        "CrossEntropy: argument 'lse' must be fp32, but is i32[4] on cpu");
    refused(
        () -> kernel.run(x, targets, Options.DEFAULT.withClassWeights(targets), null),
        "CrossEntropy: argument 'classWeights' must be a vector of 6, but is i32[4] on cpu");
    refused(
        () -> kernel.run(x, targets, Options.DEFAULT, null, null, LossGradient.into(doubles)),
        "CrossEntropy: argument 'grads' must be fp64 exactly if 'logits' is, but is fp64[4, 6] on"
            + " cpu");
    refused(
        () -> kernel.run(x, targets, Options.DEFAULT, null, null, none.withWeight(six)),
        "CrossEntropy: argument 'weight' must hold 1 or 4 numbers, but is fp32[6] on cpu");
    refused(
        () -> Options.DEFAULT.withZLoss(-1),
        "CrossEntropy: argument 'zLoss' must be at least 0 and finite, but is -1.0");
  }

  /** Random logits with goals of both kinds and weights. */
  private static final class Problem {
    private static final double Z = 0.01;

    final Device device;
    final DType dtype;
    final DType compute;
    final Batch logits;
    final Batch goals;
    final int[] targets;
    final double[] weights;

    Problem(Device device, DType dtype, int rows, int classes) {
      this.device = device;
      this.dtype = dtype;
      compute = dtype == DType.FP64 ? DType.FP64 : DType.FP32;
      logits = Batch.normal(dtype, 1, rows, classes);
      Batch raw = Batch.normal(dtype, 2, rows, classes);
      goals =
          new Batch(
              Rounding.to(dtype)
                  .of(
                      Batch.ofRows(
                              rows,
                              classes,
                              i -> {
                                double[] logs =
                                    CrossEntropyReference.logSoftmax(Rounding.EXACT, raw.row(i));
                                return Arrays.stream(logs).map(Math::exp).toArray();
                              })
                          .values()),
              classes);
      targets = new int[rows];
      Arrays.setAll(targets, i -> (7 * i + 1) % classes);
      weights = Arrays.stream(Cases.normal(compute, 3, classes)).map(Math::abs).toArray();
    }

    NdArray logits() {
      return logits.on(device, dtype);
    }

    NdArray targets() {
      return NdArray.of(device, targets, targets.length);
    }

    double[] goal(Rounding r, int row, double smoothing, boolean soft) {
      return soft
          ? CrossEntropyReference.goal(r, goals.row(row), smoothing, weights)
          : CrossEntropyReference.goal(r, targets[row], smoothing, weights, logits.columns());
    }

    void check(double smoothing, boolean soft) {
      int rows = targets.length;
      int classes = logits.columns();
      NdArray losses = Cases.unset(device, compute, rows);
      NdArray lse = Cases.unset(device, compute, rows);
      NdArray grads = Cases.unset(device, dtype, rows, classes);
      var options =
          new Options(CrossEntropy.IGNORED, smoothing, NdArray.of(device, compute, weights), Z);
      new CrossEntropy(device)
          .run(
              logits(),
              soft ? goals.on(device, dtype) : targets(),
              options,
              losses,
              lse,
              LossGradient.into(grads));
      Batch.check(
          "lse", lse, r -> each(i -> CrossEntropyReference.logSumExp(r, logits.row(i))), classes);
      Batch.check(
          "losses",
          losses,
          r ->
              each(
                  i ->
                      CrossEntropyReference.loss(r, logits.row(i), goal(r, i, smoothing, soft), Z)),
          classes);
      Batch.check(
          "gradient",
          grads,
          r ->
              Batch.ofRows(
                      rows,
                      classes,
                      i ->
                          CrossEntropyReference.gradient(
                              r, logits.row(i), goal(r, i, smoothing, soft), Z, 1))
                  .values(),
          classes);
    }

    private double[] each(IntToDoubleFunction row) {
      double[] values = new double[targets.length];
      Arrays.setAll(values, row);
      return values;
    }
  }
}
