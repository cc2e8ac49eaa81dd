package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.attention.Attention;
import dev.kiln.kernels.attention.AttentionOptions;
import dev.kiln.kernels.attention.Gradients;
import dev.kiln.kernels.attention.Inputs;
import dev.kiln.kernels.reference.AttentionReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What attention does with windows, caps, biases, dropout, packed batches and views. */
class AttentionOptionsTest {
  private static final AttentionOptions PLAIN = AttentionOptions.DEFAULT;
  private static final AttentionOptions CAUSAL = AttentionOptions.CAUSAL;
  private static final Attention.Blocks SMALL_BLOCKS = new Attention.Blocks(16, 32, 32, 16);

  static Stream<AttentionProblem> options() {
    DType fp32 = DType.FP32;
    var window = PLAIN.withWindow(3, 2);
    var first = AttentionOptions.Alignment.FIRST;
    return Stream.of(
        AttentionProblem.of(fp32, window, 1, 2, 1, 70, 70, 16),
        AttentionProblem.of(fp32, window.withAlignment(first), 1, 1, 1, 40, 75, 16),
        AttentionProblem.of(fp32, CAUSAL.withAlignment(first), 1, 1, 1, 70, 37, 16),
        AttentionProblem.of(fp32, PLAIN.withWindow(40, -1), 1, 1, 1, 80, 80, 16),
        AttentionProblem.of(fp32, CAUSAL.withSoftCap(2), 1, 2, 2, 40, 50, 16).withSlopes(),
        AttentionProblem.of(fp32, PLAIN.withSoftCap(3).withTemperature(0.5), 2, 1, 1, 9, 40, 16)
            .withBias(),
        AttentionProblem.of(fp32, CAUSAL.withDropout(0.3, 5, 1000), 2, 2, 1, 40, 50, 16),
        AttentionProblem.of(
            fp32, window.withSoftCap(2).withDropout(0.2, 1, 2), 2, 4, 2, 70, 45, 16),
        AttentionProblem.of(DType.BF16, CAUSAL, 1, 2, 2, 50, 50, 16).withBias());
  }

  @ParameterizedTest
  @MethodSource("options")
  void allOptionsAreWithinTheErrorRule(AttentionProblem problem) {
    Device device = Cases.tested();
    var attention = new Attention(device, SMALL_BLOCKS);
    problem.checkForward(device, attention);
    problem.checkBackward(device, attention);
  }

  @Test
  void interpreterAgrees() {
    Device device = Devices.eval();
    var attention = new Attention(device, SMALL_BLOCKS);
    var options = PLAIN.withWindow(9, 4).withSoftCap(2).withDropout(0.2, 3, 7);
    var problem = AttentionProblem.of(DType.FP32, options, 1, 2, 1, 20, 37, 5);
    problem.withBias().withSlopes().checkForward(device, attention);
    problem.withBias().withSlopes().checkBackward(device, attention);
  }

  @Test
  void gradientsAreDerivatives() {
    var options = PLAIN.withWindow(2, 1).withSoftCap(2).withTemperature(1.5).withDropout(0.2, 1, 2);
    var problem =
        AttentionProblem.of(DType.FP64, options, 1, 2, 1, 4, 5, 3).withBias().withSlopes();
    AttentionReference at = problem.reference(Rounding.EXACT);
    double[] dO = problem.dO();
    ToDoubleFunction<double[]> loss = x -> inner(at.forward().o(), dO);
    var gradients = at.backward(dO);
    NumericalGradient.check("dq", loss, at.q(), gradients.q());
    NumericalGradient.check("dk", loss, at.k(), gradients.k());
    NumericalGradient.check("dv", loss, at.v(), gradients.v());
    NumericalGradient.check("dbias", loss, at.bias(), gradients.bias());
  }

  private static double inner(double[] x, double[] y) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += x[i] * y[i];
    }
    return sum;
  }

  @Test
  void rowsThatSeeNothingAreZero() {
    for (Device device : Cases.devices()) {
      // Seven queries, three keys: the first four queries stand before all keys.
      var problem = AttentionProblem.of(DType.FP32, CAUSAL, 1, 1, 1, 7, 3, 4);
      NdArray o = Cases.unset(device, DType.FP32, 1, 1, 7, 4);
      NdArray lse = Cases.unset(device, DType.FP32, 1, 1, 7);
      new Attention(device).forward(problem.inputs(device), CAUSAL, o, lse);
      assertThat(Arrays.copyOf(o.toDoubles(), 16)).containsOnly(0);
      assertThat(Arrays.copyOf(lse.toDoubles(), 4)).containsOnly(Double.NEGATIVE_INFINITY);
      problem.checkForward(device, new Attention(device));
      problem.checkBackward(device, new Attention(device));
    }
  }

  @Test
  void withoutKeysTheOutputIsZeroAndEmptyArraysDoNothing() {
    for (Device device : Cases.devices()) {
      var none = AttentionProblem.of(DType.FP32, PLAIN, 1, 2, 2, 3, 0, 8);
      none.checkForward(device, new Attention(device));
      none.checkBackward(device, new Attention(device));
      AttentionProblem.of(DType.FP32, PLAIN, 1, 2, 2, 0, 3, 8)
          .checkBackward(device, new Attention(device));
      AttentionProblem.of(DType.FP32, PLAIN, 0, 2, 2, 3, 3, 8)
          .checkBackward(device, new Attention(device));
    }
  }

  @Test
  void biasOfMinusInfinityHidesKeys() {
    Device device = Cases.tested();
    var problem = AttentionProblem.of(DType.FP32, PLAIN, 1, 1, 1, 4, 6, 8);
    double[] mask = new double[6];
    Arrays.fill(mask, 4, 6, Double.NEGATIVE_INFINITY);
    NdArray bias = NdArray.of(device, DType.FP32, mask, 1, 1, 1, 6);
    Inputs in = problem.inputs(device);
    NdArray hidden = Cases.unset(device, DType.FP32, 1, 1, 4, 8);
    NdArray shorter = Cases.unset(device, DType.FP32, 1, 1, 4, 8);
    var attention = new Attention(device);
    attention.forward(in.withBias(bias), PLAIN, hidden, null);
    var four = Inputs.of(in.q(), in.k().narrow(2, 0, 4), in.v().narrow(2, 0, 4));
    attention.forward(four.withBias(bias.narrow(3, 0, 4)), PLAIN, shorter, null);
    assertThat(hidden.toFloats()).containsExactly(shorter.toFloats());
  }

  @Test
  void laterKeysDoNotChangeEarlierOutputs() {
    var problem = AttentionProblem.of(DType.FP32, CAUSAL, 1, 1, 1, 100, 100, 16);
    Device device = Cases.tested();
    double[] k = problem.k();
    double[] v = problem.v();
    float[] before = output(device, problem, CAUSAL, k, v);
    Arrays.fill(k, 61 * 16, k.length, 3);
    Arrays.fill(v, 61 * 16, v.length, -2);
    float[] after = output(device, problem, CAUSAL, k, v);
    assertThat(Arrays.copyOf(after, 61 * 16)).containsExactly(Arrays.copyOf(before, 61 * 16));
    assertThat(Arrays.copyOfRange(after, 61 * 16, 1600))
        .isNotEqualTo(Arrays.copyOfRange(before, 61 * 16, 1600));
  }

  @Test
  void windowShowsOnlyNeighbours() {
    var options = PLAIN.withWindow(4, 2);
    var problem = AttentionProblem.of(DType.FP32, options, 1, 1, 1, 100, 100, 16);
    Device device = Cases.tested();
    double[] k = problem.k();
    double[] v = problem.v();
    float[] before = output(device, problem, options, k, v);
    Arrays.fill(v, 50 * 16, 51 * 16, 100);
    float[] after = output(device, problem, options, k, v);
    for (int i = 0; i < 100; i++) {
      boolean sees = i >= 48 && i <= 54;
      assertThat(
              Arrays.equals(
                  Arrays.copyOfRange(before, i * 16, i * 16 + 16),
                  Arrays.copyOfRange(after, i * 16, i * 16 + 16)))
          .as("query %d is the same", i)
          .isEqualTo(!sees);
    }
  }

  private static float[] output(
      Device device, AttentionProblem p, AttentionOptions options, double[] k, double[] v) {
    NdArray o = Cases.unset(device, p.dtype(), p.batch(), p.heads(), p.queries(), p.head());
    var in = Inputs.of(p.queryArray(device, p.q()), p.keyArray(device, k), p.keyArray(device, v));
    new Attention(device, SMALL_BLOCKS).forward(in, options, o, null);
    return o.toFloats();
  }

  @Test
  void entropyGrowsWithTheTemperature() {
    // With the identity for values the output is the weights.
    int n = 16;
    double[] identity = new double[n * n];
    for (int i = 0; i < n; i++) {
      identity[i * n + i] = 1;
    }
    Device device = Cases.tested();
    var problem = AttentionProblem.of(DType.FP32, PLAIN, 1, 1, 1, n, n, n);
    double last = 0;
    for (double temperature : new double[] {0.1, 0.5, 1, 2, 10, 1000}) {
      float[] weights =
          output(device, problem, PLAIN.withTemperature(temperature), problem.k(), identity);
      double entropy = 0;
      for (float w : weights) {
        entropy -= w == 0 ? 0 : w * Math.log(w);
      }
      assertThat(entropy).as("entropy at temperature %s", temperature).isGreaterThan(last);
      last = entropy;
    }
    assertThat(last / n).isCloseTo(Math.log(n), org.assertj.core.api.Assertions.within(1e-4));
  }

  @Test
  void packedBatchesAreEachLikeOne() {
    for (Device device : Cases.devices()) {
      new PackedAttention(device, PLAIN.withDropout(0.2, 3, 4)).check();
      new PackedAttention(device, CAUSAL).check();
    }
  }

  @Test
  void rowsOfHeadsAreViewsAndNeighboursAreLeftAlone() {
    for (Device device : Cases.devices()) {
      var problem = AttentionProblem.of(DType.FP32, CAUSAL, 2, 3, 3, 9, 9, 8);
      Inputs dense = problem.inputs(device);
      NdArray o = Cases.unset(device, DType.FP32, 2, 3, 9, 8);
      NdArray lse = problem.statistics(device);
      NdArray dO = problem.queryArray(device, problem.dO());
      var grads =
          new Gradients(
              Cases.unset(device, DType.FP32, 2, 3, 9, 8),
              Cases.unset(device, DType.FP32, 2, 3, 9, 8),
              Cases.unset(device, DType.FP32, 2, 3, 9, 8));
      var attention = new Attention(device);
      attention.forward(dense, CAUSAL, o, lse);
      attention.backward(dense, CAUSAL, o, lse, dO, grads);

      NdArray all = interleaved(device, problem.q(), problem.k(), problem.v());
      NdArray dAll = NdArray.full(device, DType.FP32, 7, 2, 9, 12, 10);
      var in = Inputs.of(heads(all, 0), heads(all, 1), heads(all, 2));
      var views = new Gradients(heads(dAll, 0), heads(dAll, 1), heads(dAll, 2));
      attention.forward(in, CAUSAL, heads(all, 3), lse);
      attention.backward(in, CAUSAL, heads(all, 3), lse, dO, views);
      assertThat(heads(all, 3).toFloats()).containsExactly(o.toFloats());
      assertThat(views.q().toFloats()).containsExactly(grads.q().toFloats());
      assertThat(views.k().toFloats()).containsExactly(grads.k().toFloats());
      assertThat(views.v().toFloats()).containsExactly(grads.v().toFloats());
      assertThat(dAll.narrow(3, 0, 1).toDoubles()).containsOnly(7);
      assertThat(dAll.narrow(3, 9, 10).toDoubles()).containsOnly(7);
      assertThat(dAll.narrow(2, 9, 12).toDoubles()).containsOnly(7);
      assertThat(all.narrow(3, 9, 10).toDoubles()).containsOnly(7);
    }
  }

  /** Batch x rows x (queries, keys, values, results) x heads x (1 + head size + 1). */
  private static NdArray interleaved(Device device, double[]... parts) {
    double[] all = new double[2 * 9 * 12 * 10];
    Arrays.fill(all, 7);
    for (int row = 0; row < 2 * 3 * 9; row++) {
      int b = row / 27;
      int h = row / 9 % 3;
      int i = row % 9;
      for (int which = 0; which < parts.length; which++) {
        int to = ((b * 9 + i) * 12 + which * 3 + h) * 10 + 1;
        System.arraycopy(parts[which], row * 8, all, to, 8);
      }
    }
    return NdArray.of(device, DType.FP32, all, 2, 9, 12, 10);
  }

  private static NdArray heads(NdArray all, int which) {
    return all.narrow(2, 3L * which, 3L * which + 3).narrow(3, 1, 9).permute(0, 2, 1, 3);
  }
}
