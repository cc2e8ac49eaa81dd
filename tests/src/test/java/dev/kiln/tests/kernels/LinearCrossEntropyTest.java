package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.loss.CrossEntropy;
import dev.kiln.kernels.loss.LinearCrossEntropy;
import dev.kiln.kernels.loss.LinearCrossEntropy.Gradients;
import dev.kiln.kernels.loss.LossGradient;
import dev.kiln.kernels.reference.LinearCrossEntropyReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Isolated("measures the memory of the device")
class LinearCrossEntropyTest {
  private static final CrossEntropy.Options SMOOTHED =
      new CrossEntropy.Options(CrossEntropy.IGNORED, 0.1);

  /** Rows, features, classes, rows of a chunk. */
  private static final List<int[]> SMALL = List.of(new int[] {5, 3, 7, 2}, new int[] {1, 1, 1, 0});

  private static final List<int[]> LARGE =
      List.of(new int[] {70, 33, 301, 32}, new int[] {40, 16, 5000, 0});

  static Stream<Arguments> shapes() {
    return Cases.shapes(SMALL, LARGE);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void lossAndGradientsAreWithinTheErrorRule(String name, DType dtype, int[] s) {
    var problem = new Problem(Cases.device(name), dtype, s[0], s[1], s[2]);
    problem.run(s[3], SMOOTHED, 0.5);
    problem.check(0.1, 0.5);
  }

  @Test
  void gradientsOfWeightsMayBeWiderThanTheWeights() {
    var problem = new Problem(Cases.tested(), DType.BF16, 70, 33, 301);
    NdArray dw = Cases.unset(Cases.tested(), DType.FP32, 301, 33);
    try (var kernel = new LinearCrossEntropy(Cases.tested(), 32)) {
      kernel.run(
          problem.x(),
          problem.w(),
          null,
          problem.targets(),
          SMOOTHED,
          null,
          null,
          new Gradients(null, problem.dw, null, LossGradient.NONE));
      kernel.run(
          problem.x(),
          problem.w(),
          null,
          problem.targets(),
          SMOOTHED,
          null,
          null,
          new Gradients(null, dw, null, LossGradient.NONE));
    }
    assertThat(Rounding.to(DType.BF16).of(dw.toDoubles())).isEqualTo(problem.dw.toDoubles());
  }

  @Test
  void chunksMakeNoDifferenceButForRounding() {
    var whole = new Problem(Cases.tested(), DType.FP64, 23, 9, 40);
    var chunked = new Problem(Cases.tested(), DType.FP64, 23, 9, 40);
    whole.run(23, SMOOTHED, 1);
    chunked.run(4, SMOOTHED, 1);
    ErrorRule.checkFp64("losses", chunked.losses.toDoubles(), whole.losses.toDoubles(), 9);
    ErrorRule.checkFp64("dw", chunked.dw.toDoubles(), whole.dw.toDoubles(), 23);
    ErrorRule.checkFp64("dx", chunked.dx.toDoubles(), whole.dx.toDoubles(), 40);
  }

  @Test
  void ignoredRowsDoNotCount() {
    for (Device device : Cases.devices()) {
      var problem = new Problem(device, DType.FP32, 6, 4, 5);
      problem.targets[2] = (int) CrossEntropy.IGNORED;
      problem.run(4, CrossEntropy.Options.DEFAULT, 1);
      assertThat(problem.losses.toDoubles()[2]).isZero();
      assertThat(Arrays.copyOfRange(problem.dx.toDoubles(), 8, 12)).containsOnly(0);
      assertThat(Arrays.stream(problem.dbias.toDoubles()).sum()).isCloseTo(0, within(1e-6));
    }
  }

  @Test
  void rowsHaveFactorsOfTheirOwn() {
    for (Device device : Cases.devices()) {
      var problem = new Problem(device, DType.FP32, 5, 3, 4);
      problem.run(2, CrossEntropy.Options.DEFAULT, 1);
      double[] expected = problem.dx.toDoubles();
      for (int i = 0; i < expected.length; i++) {
        expected[i] *= 2 << i / 3;
      }
      NdArray factors = NdArray.of(device, new float[] {1, 2, 4, 8, 16}, 5);
      NdArray upstream = NdArray.of(device, new float[] {2}, 1);
      NdArray lse = Cases.unset(device, DType.FP32, 5);
      try (var kernel = new LinearCrossEntropy(device, 2)) {
        kernel.run(
            problem.x(),
            problem.w(),
            NdArray.of(device, DType.FP32, problem.bias.values(), 4),
            problem.targets(),
            CrossEntropy.Options.DEFAULT,
            null,
            lse,
            new Gradients(
                problem.dx,
                null,
                null,
                LossGradient.NONE.withWeight(factors).withUpstream(upstream)));
      }
      assertThat(problem.dx.toDoubles()).isEqualTo(expected);
      assertThat(lse.toDoubles()).doesNotContain(Double.NaN);
    }
  }

  @Test
  void peakOfWorkMemoryIsThatOfAChunk() {
    Device device = Cases.tested();
    var problem = new Problem(device, DType.FP32, 512, 8, 1000);
    NdArray x = problem.x();
    NdArray w = problem.w();
    NdArray targets = problem.targets();
    long before = device.memoryUse().current();
    try (var kernel = new LinearCrossEntropy(device, 64)) {
      kernel.run(
          x,
          w,
          null,
          targets,
          CrossEntropy.Options.DEFAULT,
          problem.losses,
          null,
          new Gradients(problem.dx, problem.dw, null, LossGradient.NONE));
      assertThat(device.memoryUse().current() - before)
          .as("work memory")
          .isBetween(64L * 1000 * 4, 3 * 64L * 1000 * 4);
    }
    assertThat(device.memoryUse().current()).isEqualTo(before);
  }

  @Test
  void noRowsGiveNoGradient() {
    var problem = new Problem(Cases.tested(), DType.FP32, 0, 4, 5);
    problem.run(0, CrossEntropy.Options.DEFAULT, 1);
    assertThat(problem.dw.toDoubles()).containsOnly(0);
    assertThat(problem.dbias.toDoubles()).containsOnly(0);
  }

  @Test
  void argumentsThatDoNotFitAreRefused() {
    Device device = Cases.tested();
    var kernel = new LinearCrossEntropy(device);
    NdArray x = NdArray.zeros(device, DType.FP32, 4, 6);
    NdArray w = NdArray.zeros(device, DType.FP32, 5, 6);
    NdArray targets = NdArray.zeros(device, DType.I32, 4);
    NdArray losses = NdArray.zeros(device, DType.FP32, 4);
    var options = CrossEntropy.Options.DEFAULT;
    refused(
        () -> kernel.run(x, x.narrow(1, 0, 5), null, targets, options, losses, null, none()),
        "LinearCrossEntropy: argument 'w' must be of 4 x 6, but is fp32[4, 5] on cpu");
    refused(
        () -> kernel.run(x, w, targets, targets, options, losses, null, none()),
        "LinearCrossEntropy: argument 'bias' must be a vector of 5, but is i32[4] on cpu");
    refused(
        () -> kernel.run(x, w, null, losses, options, losses, null, none()),
        "LinearCrossEntropy: argument 'targets' must be i32 or i64, but is fp32[4] on cpu");
    refused(
        () -> kernel.run(x, w, null, targets, options, targets, null, none()),
        "LinearCrossEntropy: argument 'rowLosses' must be fp32, but is i32[4] on cpu");
    refused(
        () -> kernel.run(x, w, null, targets, options, losses, null, into(x, null)),
        "LinearCrossEntropy: argument 'dx' must not be 'x'");
    refused(
        () -> kernel.run(x, w, null, targets, options, losses, null, into(null, x)),
        "LinearCrossEntropy: argument 'dw' must have the shape of 'w', fp32[5, 6] on cpu, but is"
            + " fp32[4, 6] on cpu");
    refused(
        () -> new LinearCrossEntropy(device, -1),
        "LinearCrossEntropy: argument 'chunkRows' must not be negative, but is -1");
    refused(
        () -> new Gradients(null, null, null, LossGradient.into(x)),
        "LinearCrossEntropy: argument 'factors' must have no grads: logits are not kept");
  }

  private static Gradients none() {
    return Gradients.NONE;
  }

  private static Gradients into(NdArray dx, NdArray dw) {
    return new Gradients(dx, dw, null, LossGradient.NONE);
  }

  /** Random inputs, and arrays for the results. */
  private static final class Problem {
    final Device device;
    final DType dtype;
    final Batch x;
    final Batch w;
    final Batch bias;
    final int[] targets;
    final NdArray losses;
    final NdArray dx;
    final NdArray dw;
    final NdArray dbias;

    Problem(Device device, DType dtype, int rows, int features, int classes) {
      this.device = device;
      this.dtype = dtype;
      x = Batch.normal(dtype, 1, rows, features);
      w = Batch.normal(dtype, 2, classes, features);
      bias = Batch.normal(dtype, 3, 1, classes);
      targets = new int[rows];
      Arrays.setAll(targets, i -> (7 * i + 1) % classes);
      losses = Cases.unset(device, dtype == DType.FP64 ? dtype : DType.FP32, rows);
      dx = Cases.unset(device, dtype, rows, features);
      dw = Cases.unset(device, dtype, classes, features);
      dbias = Cases.unset(device, dtype, classes);
    }

    NdArray x() {
      return NdArray.of(device, dtype, x.values(), targets.length, x.columns());
    }

    NdArray w() {
      return w.on(device, dtype);
    }

    NdArray targets() {
      return NdArray.of(device, targets, targets.length);
    }

    void run(int chunk, CrossEntropy.Options options, double scale) {
      try (var kernel = new LinearCrossEntropy(device, chunk)) {
        kernel.run(
            x(),
            w(),
            NdArray.of(device, dtype, bias.values(), bias.columns()),
            targets(),
            options,
            losses,
            null,
            new Gradients(dx, dw, dbias, LossGradient.NONE.withScale(scale)));
      }
    }

    void check(double smoothing, double scale) {
      var exact = reference(Rounding.EXACT, smoothing, scale);
      var plain = reference(Rounding.FP32, smoothing, scale);
      int terms = Math.max(targets.length, w.rows()) + x.columns();
      check("losses", losses, LinearCrossEntropyReference::losses, plain, exact, terms);
      check("dx", dx, LinearCrossEntropyReference::dx, plain, exact, terms);
      check("dw", dw, LinearCrossEntropyReference::dw, plain, exact, terms);
      check("dbias", dbias, LinearCrossEntropyReference::dbias, plain, exact, terms);
    }

    private static void check(
        String what,
        NdArray actual,
        Function<LinearCrossEntropyReference, double[]> part,
        LinearCrossEntropyReference plain,
        LinearCrossEntropyReference exact,
        int terms) {
      Batch.check(what, actual, r -> part.apply(r == Rounding.EXACT ? exact : plain), terms);
    }

    private LinearCrossEntropyReference reference(Rounding r, double smoothing, double scale) {
      return LinearCrossEntropyReference.of(
          r, x.values(), w.values(), bias.values(), targets, smoothing, scale);
    }
  }
}
