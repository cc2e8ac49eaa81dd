package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.classical.GraphConvolution;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.kernels.reference.GraphConvolutionReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GraphConvolutionTest {
  private static final int V = 7;
  private static final int C = 5;
  private static final int D = 6;
  private static final int BATCH = 3;

  // Numbers of bf16 are numbers of all dtypes here.
  private final double[] a = adjacency();
  private final double[] m = Cases.normal(DType.BF16, 81, V * V);
  private final double[] x = Cases.normal(DType.BF16, 82, BATCH * V * C);
  private final double[] w = Cases.normal(DType.BF16, 83, C * D);
  private final double[] dy = Cases.normal(DType.BF16, 84, BATCH * V * D);

  /** Two of three pairs of nodes have no edge. */
  private static double[] adjacency() {
    double[] a = Cases.normal(DType.BF16, 80, V * V);
    Arrays.setAll(a, i -> i % 3 == 0 ? a[i] : 0);
    return a;
  }

  @ParameterizedTest
  @EnumSource(names = {"FP32", "FP16", "BF16", "FP64"})
  void resultAndGradientsOfABatchAreWithinTheErrorRule(DType dtype) {
    for (Device device : Cases.devices()) {
      NdArray y = Cases.unset(device, dtype, BATCH, V, D);
      NdArray dx = Cases.unset(device, dtype, BATCH, V, C);
      NdArray dw = Cases.unset(device, dtype, C, D);
      NdArray dm = Cases.unset(device, dtype, V, V);
      NdArray onA = NdArray.of(device, dtype, a, V, V);
      NdArray onM = NdArray.of(device, dtype, m, V, V);
      NdArray onX = NdArray.of(device, dtype, x, BATCH, V, C);
      NdArray onW = NdArray.of(device, dtype, w, C, D);
      NdArray onDy = NdArray.of(device, dtype, dy, BATCH, V, D);
      try (var graph = new GraphConvolution(device)) {
        graph.forward(onA, onM, onX, onW, y);
        graph.backward(onA, onM, onX, onW, onDy, dx, dw, dm);
      }
      Results plain = results(Rounding.FP32);
      Results exact = results(Rounding.EXACT);
      compare("y", y, plain.y, exact.y, V + C);
      compare("dx", dx, plain.dx, exact.dx, V + D);
      compare("dw", dw, plain.dw, exact.dw, BATCH * V + V);
      compare("dm", dm, plain.dm, exact.dm, BATCH * (D + C));
    }
  }

  @Test
  void theReferenceHasTheGradientsOfItsResult() {
    double[] one = Arrays.copyOf(x, V * C);
    double[] dOne = Arrays.copyOf(dy, V * D);
    var gradients = GraphConvolutionReference.backward(Rounding.EXACT, a, m, one, w, dOne, V, C, D);
    NumericalGradient.check("dm", p -> loss(p, one, w, dOne), m, gradients.m());
    NumericalGradient.check("dx", p -> loss(m, p, w, dOne), one, gradients.x());
    NumericalGradient.check("dw", p -> loss(m, one, p, dOne), w, gradients.w());
  }

  private double loss(double[] importance, double[] in, double[] weight, double[] upstream) {
    double[] y =
        GraphConvolutionReference.forward(Rounding.EXACT, a, importance, in, weight, V, C, D);
    double sum = 0;
    for (int i = 0; i < y.length; i++) {
      sum += y[i] * upstream[i];
    }
    return sum;
  }

  @Test
  void importanceOfOneGivesThePlainConvolutionBitForBit() {
    for (Device device : Cases.devices()) {
      NdArray onA = NdArray.of(device, DType.FP32, a, V, V);
      NdArray onX = NdArray.of(device, DType.FP32, Arrays.copyOf(x, V * C), V, C);
      NdArray onW = NdArray.of(device, DType.FP32, w, C, D);
      NdArray hidden = Cases.unset(device, DType.FP32, V, D);
      NdArray expected = Cases.unset(device, DType.FP32, V, D);
      try (var matmul = new Matmul(device);
          var graph = new GraphConvolution(device)) {
        matmul.run(onX, onW, hidden);
        matmul.run(onA, hidden, expected);
        for (NdArray ones : new NdArray[] {null, NdArray.full(device, DType.FP32, 1, V, V)}) {
          NdArray y = Cases.unset(device, DType.FP32, V, D);
          graph.forward(onA, ones, onX, onW, y);
          assertThat(y.toBytes()).isEqualTo(expected.toBytes());
        }
      }
    }
  }

  @Test
  void absentEdgesStayAbsentWhateverTheirImportance() {
    double[] wild = m.clone();
    Arrays.setAll(wild, i -> a[i] == 0 ? i % 2 == 0 ? Double.NaN : 1.0 / 0 : wild[i]);
    for (Device device : Cases.devices()) {
      NdArray onA = NdArray.of(device, DType.FP32, a, V, V);
      NdArray onX = NdArray.of(device, DType.FP32, Arrays.copyOf(x, V * C), V, C);
      NdArray onW = NdArray.of(device, DType.FP32, w, C, D);
      NdArray onDy = NdArray.of(device, DType.FP32, Arrays.copyOf(dy, V * D), V, D);
      NdArray y = Cases.unset(device, DType.FP32, V, D);
      NdArray tame = Cases.unset(device, DType.FP32, V, D);
      NdArray dm = Cases.unset(device, DType.FP32, V, V);
      try (var graph = new GraphConvolution(device)) {
        graph.forward(onA, NdArray.of(device, DType.FP32, m, V, V), onX, onW, tame);
        NdArray onM = NdArray.of(device, DType.FP32, wild, V, V);
        graph.forward(onA, onM, onX, onW, y);
        graph.backward(onA, onM, onX, onW, onDy, null, null, dm);
      }
      assertThat(y.toBytes()).isEqualTo(tame.toBytes());
      double[] gradient = dm.toDoubles();
      for (int i = 0; i < a.length; i++) {
        assertThat(gradient[i] == 0).as("no gradient at %d", i).isEqualTo(a[i] == 0);
      }
    }
  }

  @Test
  void refusesWhatDoesNotFit() {
    Device device = Cases.tested();
    NdArray square = NdArray.zeros(device, DType.FP32, V, V);
    NdArray in = NdArray.zeros(device, DType.FP32, V, C);
    NdArray weight = NdArray.zeros(device, DType.FP32, C, D);
    NdArray out = NdArray.zeros(device, DType.FP32, V, D);
    try (var graph = new GraphConvolution(device)) {
      NdArray half = NdArray.zeros(device, DType.FP16, V, V);
      refused(
          () -> graph.forward(half, null, in, weight, out),
          "GraphConvolution: argument 'x' must have the dtype of 'a', fp16, but is fp32[7, 5] on"
              + " cpu");
      NdArray ints = NdArray.zeros(device, DType.I32, V, V);
      refused(
          () -> graph.forward(ints, null, in, weight, out),
          "GraphConvolution: argument 'a' must be fp32, fp16 or bf16, but is i32[7, 7] on cpu");
      refused(
          () -> graph.forward(in, null, in, weight, out),
          "GraphConvolution: argument 'a' must be of 7 x 7, but is fp32[7, 5] on cpu");
      refused(
          () -> graph.forward(square, in, in, weight, out),
          "GraphConvolution: argument 'm' must have the shape of 'a', fp32[7, 7] on cpu, but is"
              + " fp32[7, 5] on cpu");
      refused(
          () -> graph.forward(square, null, in, weight, in),
          "GraphConvolution: argument 'y' must have the shape of 'x', fp32[7, 5] on cpu, with 6"
              + " columns, but is fp32[7, 5] on cpu");
      refused(
          () -> graph.backward(square, null, in, weight, out, in, null, null),
          "GraphConvolution: argument 'dx' must not be 'x'");
    }
  }

  private record Results(double[] y, double[] dx, double[] dw, double[] dm) {}

  private Results results(Rounding r) {
    double[] y = new double[dy.length];
    double[] dx = new double[x.length];
    double[] dw = new double[w.length];
    double[] dm = new double[a.length];
    for (int b = 0; b < BATCH; b++) {
      double[] in = Arrays.copyOfRange(x, b * V * C, (b + 1) * V * C);
      double[] upstream = Arrays.copyOfRange(dy, b * V * D, (b + 1) * V * D);
      double[] out = GraphConvolutionReference.forward(r, a, m, in, w, V, C, D);
      var gradients = GraphConvolutionReference.backward(r, a, m, in, w, upstream, V, C, D);
      System.arraycopy(out, 0, y, b * V * D, V * D);
      System.arraycopy(gradients.x(), 0, dx, b * V * C, V * C);
      add(r, gradients.w(), dw);
      add(r, gradients.m(), dm);
    }
    return new Results(y, dx, dw, dm);
  }

  private static void add(Rounding r, double[] each, double[] sums) {
    Arrays.setAll(sums, i -> r.of(sums[i] + each[i]));
  }

  private static void compare(
      String what, NdArray actual, double[] plain, double[] exact, int terms) {
    if (actual.dtype() == DType.FP64) {
      ErrorRule.checkFp64(what, actual.toDoubles(), exact, terms);
    } else {
      double[] rounded = Rounding.to(actual.dtype()).of(plain);
      ErrorRule.check(what, actual.dtype(), actual.toDoubles(), rounded, exact);
    }
  }
}
