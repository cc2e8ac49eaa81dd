package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.kernels.reference.MatmulReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class MatmulTest {
  private static final List<int[]> SMALL =
      List.of(
          new int[] {1, 1, 1},
          new int[] {3, 5, 7},
          new int[] {16, 16, 16},
          new int[] {17, 10, 33},
          new int[] {1, 20, 40});
  private static final List<int[]> LARGE =
      List.of(
          new int[] {128, 10, 512},
          new int[] {130, 257, 300},
          new int[] {300, 1, 784},
          new int[] {129, 513, 17});

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
                                .map(
                                    s ->
                                        Arguments.of(
                                            Cases.name(device), dtype, s[0], s[1], s[2]))));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void productWithBiasAndGeluIsWithinTheErrorRule(String device, DType dtype, int m, int n, int k) {
    var problem = new Problem(Cases.device(device), dtype, m, n, k);
    problem.check(problem.a(), problem.b(), Activation.GELU);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void operandsMayBeTransposed(String device, DType dtype, int m, int n, int k) {
    var problem = new Problem(Cases.device(device), dtype, m, n, k);
    problem.check(problem.aFromColumns(), problem.b(), Activation.NONE);
    problem.check(problem.a(), problem.bFromColumns(), Activation.NONE);
    problem.check(problem.aFromColumns(), problem.bFromColumns(), Activation.NONE);
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void everyActivationIsFused(Activation activation) {
    for (Device device : Cases.devices()) {
      var problem = new Problem(device, DType.FP32, 20, 30, 25);
      problem.check(problem.a(), problem.b(), activation);
    }
  }

  @Test
  void resultMayBeTransposedAndPreActivationIsStoredBesideIt() {
    for (Device device : Cases.devices()) {
      var p = new Problem(device, DType.FP32, 18, 21, 9);
      NdArray c = Cases.unset(device, DType.FP32, 21, 18).permute(1, 0);
      NdArray pre = Cases.unset(device, DType.FP32, 21, 18).permute(1, 0);
      new Matmul(device).run(p.a(), p.b(), p.bias(), Activation.RELU, c, pre);
      ErrorRule.check(
          "pre", DType.FP32, pre.toDoubles(), p.plain(Activation.NONE), p.exact(Activation.NONE));
      ErrorRule.check(
          "c", DType.FP32, c.toDoubles(), p.plain(Activation.RELU), p.exact(Activation.RELU));
    }
  }

  @Test
  void partsOfMatricesAreLeftAsTheyAre() {
    for (Device device : Cases.devices()) {
      NdArray a = NdArray.of(device, DType.FP32, Cases.normal(DType.FP32, 1, 40 * 40), 40, 40);
      NdArray c = NdArray.full(device, DType.FP32, 7, 40, 40);
      NdArray part = c.narrow(0, 3, 20).narrow(1, 5, 30);
      new Matmul(device).run(a.narrow(0, 0, 17), a.narrow(1, 0, 25), part);
      double[] after = c.toDoubles();
      for (int i = 0; i < 40; i++) {
        for (int j = 0; j < 40; j++) {
          boolean written = i >= 3 && i < 20 && j >= 5 && j < 30;
          assertThat(after[i * 40 + j] == 7)
              .as("row %d, column %d on %s", i, j, Cases.name(device))
              .isEqualTo(!written);
        }
      }
    }
  }

  @Test
  void emptyMatricesDoNothingAndAnEmptySumIsTheBias() {
    for (Device device : Cases.devices()) {
      var matmul = new Matmul(device);
      matmul.run(zeros(device, 0, 4), zeros(device, 4, 4), zeros(device, 0, 4));
      matmul.run(zeros(device, 4, 4), zeros(device, 4, 0), zeros(device, 4, 0));
      NdArray c = Cases.unset(device, DType.FP32, 2, 3);
      matmul.run(
          zeros(device, 2, 0),
          zeros(device, 0, 3),
          NdArray.of(device, new float[] {1, -2, 3}),
          Activation.RELU,
          c);
      assertThat(c.toFloats()).containsExactly(1, 0, 3, 1, 0, 3);
    }
  }

  private static NdArray zeros(Device device, long rows, long columns) {
    return NdArray.zeros(device, DType.FP32, rows, columns);
  }

  /** A product with its operands and what it should be. */
  private record Problem(
      Device device,
      DType dtype,
      int m,
      int n,
      int k,
      double[] aValues,
      double[] bValues,
      double[] biasValues) {
    Problem(Device device, DType dtype, int m, int n, int k) {
      this(
          device,
          dtype,
          m,
          n,
          k,
          Cases.normal(dtype, 1, m * k),
          Cases.normal(dtype, 2, k * n),
          Cases.normal(dtype, 3, n));
    }

    NdArray a() {
      return NdArray.of(device, dtype, aValues, m, k);
    }

    NdArray aFromColumns() {
      return NdArray.of(device, dtype, MatmulReference.transpose(aValues, m, k), k, m)
          .permute(1, 0);
    }

    NdArray b() {
      return NdArray.of(device, dtype, bValues, k, n);
    }

    NdArray bFromColumns() {
      return NdArray.of(device, dtype, MatmulReference.transpose(bValues, k, n), n, k)
          .permute(1, 0);
    }

    NdArray bias() {
      return NdArray.of(device, dtype, biasValues, n);
    }

    double[] exact(Activation activation) {
      return MatmulReference.product(
          Rounding.EXACT, aValues, bValues, biasValues, activation, m, n, k);
    }

    double[] plain(Activation activation) {
      return Rounding.to(dtype)
          .of(
              MatmulReference.product(
                  Rounding.FP32, aValues, bValues, biasValues, activation, m, n, k));
    }

    void check(NdArray a, NdArray b, Activation activation) {
      NdArray c = Cases.unset(device, dtype, m, n);
      new Matmul(device).run(a, b, bias(), activation, c);
      ErrorRule.check("c", dtype, c.toDoubles(), plain(activation), exact(activation));
    }
  }
}
