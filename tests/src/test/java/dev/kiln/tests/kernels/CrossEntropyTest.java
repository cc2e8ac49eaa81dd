package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.loss.CrossEntropy;
import dev.kiln.kernels.reference.CrossEntropyReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CrossEntropyTest {
  private static final List<int[]> SMALL =
      List.of(new int[] {1, 1}, new int[] {3, 2}, new int[] {5, 10}, new int[] {2, 33});
  private static final List<int[]> LARGE =
      List.of(new int[] {128, 10}, new int[] {37, 1000}, new int[] {3, 50_257});

  static Stream<Arguments> shapes() {
    return Cases.devices().stream()
        .flatMap(
            device ->
                Cases.DTYPES.stream()
                    .flatMap(
                        dtype ->
                            Stream.concat(
                                    SMALL.stream(),
                                    Cases.isTested(device) ? LARGE.stream() : Stream.of())
                                .map(s -> Arguments.of(Cases.name(device), dtype, s[0], s[1]))));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void lossAndGradientAreWithinTheErrorRule(String name, DType dtype, int rows, int classes) {
    for (double smoothing : new double[] {0, 0.1}) {
      var batch = new Batch(Cases.device(name), dtype, rows, classes, smoothing);
      NdArray losses = Cases.unset(batch.device, DType.FP32, rows);
      NdArray grads = Cases.unset(batch.device, dtype, rows, classes);
      new CrossEntropy(batch.device)
          .run(
              batch.logits(),
              batch.targets(),
              new CrossEntropy.Options(-100, smoothing),
              losses,
              grads,
              null,
              0.25);
      ErrorRule.check(
          "loss",
          DType.FP32,
          losses.toDoubles(),
          batch.losses(Rounding.FP32),
          batch.losses(Rounding.EXACT));
      ErrorRule.check(
          "gradient",
          dtype,
          grads.toDoubles(),
          Rounding.to(dtype).of(batch.gradients(Rounding.FP32, 0.25)),
          batch.gradients(Rounding.EXACT, 0.25));
    }
  }

  @Test
  void gradientIsTheDerivativeOfTheLoss() {
    double h = 1e-6;
    for (Device device : Cases.devices()) {
      var batch = new Batch(device, DType.FP32, 6, 10, 0.2);
      NdArray losses = Cases.unset(device, DType.FP32, 6);
      NdArray grads = Cases.unset(device, DType.FP32, 6, 10);
      new CrossEntropy(device)
          .run(
              batch.logits(),
              batch.targets(),
              new CrossEntropy.Options(-100, 0.2),
              losses,
              grads,
              null,
              1);
      double[] actual = grads.toDoubles();
      for (int i = 0; i < actual.length; i++) {
        double[] row = batch.row(i / 10);
        row[i % 10] += h;
        double up = CrossEntropyReference.loss(Rounding.EXACT, row, batch.targets[i / 10], 0.2);
        row[i % 10] -= 2 * h;
        double down = CrossEntropyReference.loss(Rounding.EXACT, row, batch.targets[i / 10], 0.2);
        assertThat(actual[i])
            .as("gradient %d on %s", i, Cases.name(device))
            .isCloseTo((up - down) / (2 * h), within(1e-6));
      }
    }
  }

  @Test
  void largeLogitsNeitherOverflowNorCancel() {
    for (Device device : Cases.devices()) {
      NdArray logits =
          NdArray.of(device, new float[] {3e38f, 1, 0, 10_000.5f, 10_000, 9_999}, 2, 3);
      NdArray losses = Cases.unset(device, DType.FP32, 2);
      new CrossEntropy(device)
          .run(logits, NdArray.of(device, new int[] {0, 1}), CrossEntropy.Options.DEFAULT, losses);
      double exact = CrossEntropyReference.loss(Rounding.EXACT, new double[] {0.5, 0, -1}, 1, 0);
      assertThat(losses.toDoubles()[0]).isZero();
      assertThat(losses.toDoubles()[1]).isCloseTo(exact, within(2e-7));
    }
  }

  @Test
  void ignoredRowsDoNotCountAndWrongTargetsGiveNaN() {
    for (Device device : Cases.devices()) {
      var kernels = new CrossEntropy(device);
      NdArray logits = NdArray.of(device, new float[] {1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3}, 4, 3);
      NdArray targets = NdArray.of(device, new long[] {2, -100, 0, -100});
      NdArray losses = Cases.unset(device, DType.FP32, 4);
      NdArray grads = Cases.unset(device, DType.FP32, 4, 3);
      NdArray weight = Cases.unset(device, DType.FP32, 1);
      NdArray mean = Cases.unset(device, DType.FP32, 1);
      kernels.rowWeight(targets, CrossEntropy.Options.DEFAULT, weight);
      kernels.run(logits, targets, CrossEntropy.Options.DEFAULT, losses, grads, weight, 1);
      kernels.mean(losses, weight, mean);
      double[] all = losses.toDoubles();
      assertThat(weight.toFloats()).containsExactly(0.5f);
      assertThat(all[1]).isZero();
      assertThat(mean.toDoubles()[0]).isCloseTo((all[0] + all[2]) / 2, within(1e-7));
      assertThat(Arrays.copyOfRange(grads.toDoubles(), 3, 6)).containsOnly(0);

      kernels.run(
          logits,
          NdArray.of(device, new int[] {3, -1, 0, 1}),
          CrossEntropy.Options.DEFAULT,
          losses);
      assertThat(losses.toDoubles())
          .satisfies(l -> assertThat(Arrays.copyOf(l, 2)).containsOnly(Double.NaN));
      assertThat(losses.toDoubles()[3]).isFinite();

      kernels.rowWeight(
          NdArray.of(device, new int[] {-100, -100}), CrossEntropy.Options.DEFAULT, weight);
      assertThat(weight.toFloats()).as("weight where every row is ignored").containsExactly(0);
    }
  }

  @Test
  void meanOfManyLossesIsWithinTheErrorRule() {
    Device device = Cases.tested();
    double[] losses = Cases.normal(DType.FP32, 8, 5001);
    NdArray mean = Cases.unset(device, DType.FP32, 1);
    new CrossEntropy(device)
        .mean(
            NdArray.of(device, DType.FP32, losses),
            NdArray.full(device, DType.FP32, 1.0 / 1024, 1),
            mean);
    double plain = 0;
    for (double loss : losses) {
      plain = (float) (plain + loss);
    }
    double exact = Arrays.stream(losses).sum() / 1024;
    ErrorRule.check(
        "mean", DType.FP32, mean.toDoubles(), new double[] {plain / 1024}, new double[] {exact});
  }

  @Test
  void emptyBatchesDoNothing() {
    for (Device device : Cases.devices()) {
      new CrossEntropy(device)
          .run(
              NdArray.zeros(device, DType.FP32, 0, 5),
              NdArray.zeros(device, DType.I32, 0),
              CrossEntropy.Options.DEFAULT,
              NdArray.zeros(device, DType.FP32, 0));
    }
  }

  /** Random logits and targets, and what they should give. */
  private static final class Batch {
    final Device device;
    final DType dtype;
    final int rows;
    final int classes;
    final double smoothing;
    final double[] logits;
    final int[] targets;

    Batch(Device device, DType dtype, int rows, int classes, double smoothing) {
      this.device = device;
      this.dtype = dtype;
      this.rows = rows;
      this.classes = classes;
      this.smoothing = smoothing;
      logits =
          Rounding.to(dtype)
              .of(Arrays.stream(Cases.normal(dtype, 7, rows * classes)).map(x -> 3 * x).toArray());
      targets = new int[rows];
      for (int i = 0; i < rows; i++) {
        targets[i] = (7 * i + 1) % classes;
      }
    }

    NdArray logits() {
      return NdArray.of(device, dtype, logits, rows, classes);
    }

    NdArray targets() {
      return NdArray.of(device, targets, rows);
    }

    double[] row(int row) {
      return Arrays.copyOfRange(logits, row * classes, (row + 1) * classes);
    }

    double[] losses(Rounding r) {
      double[] losses = new double[rows];
      for (int i = 0; i < rows; i++) {
        losses[i] = CrossEntropyReference.loss(r, row(i), targets[i], smoothing);
      }
      return losses;
    }

    double[] gradients(Rounding r, double weight) {
      double[] gradients = new double[rows * classes];
      for (int i = 0; i < rows; i++) {
        double[] row = CrossEntropyReference.gradient(r, row(i), targets[i], smoothing, weight);
        System.arraycopy(row, 0, gradients, i * classes, classes);
      }
      return gradients;
    }
  }
}
