package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.product.Epilogue;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.kernels.product.MatmulTiles;
import dev.kiln.kernels.product.Precision;
import dev.kiln.kernels.product.QuantizedMatmul;
import dev.kiln.kernels.product.QuantizedWeight;
import dev.kiln.kernels.reference.EpilogueReference;
import dev.kiln.kernels.reference.MatmulReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class QuantizedMatmulTest {
  static Stream<Arguments> weights() {
    return Cases.devices().stream()
        .flatMap(
            device ->
                Cases.DTYPES.stream()
                    .flatMap(
                        dtype ->
                            Stream.of(8, 4)
                                .map(bits -> Arguments.of(Cases.name(device), dtype, bits))));
  }

  @ParameterizedTest
  @MethodSource("weights")
  void productWithSmallWeightsIsWithinTheErrorRule(String name, DType dtype, int bits) {
    Device device = Cases.device(name);
    check(device, dtype, bits, 5, 37, 100, 32, false);
    check(device, dtype, bits, 9, 37, 100, 32, false);
    check(device, dtype, bits, 1, 20, 64, 64, true);
    if (Cases.isTested(device)) {
      check(device, dtype, bits, 70, 300, 333, 128, true);
    }
  }

  private static void check(
      Device device, DType dtype, int bits, int m, int n, int k, int group, boolean zeros) {
    double[] a = Cases.normal(dtype, 1, m * k);
    double[] bias = Cases.normal(dtype, 2, n);
    QuantizedWeight w =
        QuantizedWeight.of(device, bits, Cases.normal(DType.FP32, 3, k * n), k, n, group);
    if (zeros) {
      w = new QuantizedWeight(bits, k, group, w.q(), w.scales(), zeros(device, w.scales(), bits));
    }
    NdArray c = Cases.unset(device, dtype, m, n);
    new QuantizedMatmul(device)
        .run(
            NdArray.of(device, dtype, a, m, k),
            w,
            Epilogue.of(NdArray.of(device, dtype, bias, n), Activation.RELU),
            c);
    var epilogue = EpilogueReference.of(bias, Activation.RELU);
    double[] numbers = w.toDoubles();
    double[] plain = MatmulReference.product(Rounding.FP32, a, Rounding.FP32.of(numbers), m, n, k);
    ErrorRule.check(
        "c",
        dtype,
        c.toDoubles(),
        Rounding.to(dtype).of(epilogue.of(Rounding.FP32, plain, n)),
        epilogue.of(
            Rounding.EXACT, MatmulReference.product(Rounding.EXACT, a, numbers, m, n, k), n));
  }

  private static NdArray zeros(Device device, NdArray scales, int bits) {
    var random = new SplittableRandom(5);
    double[] zeros = new double[(int) scales.size()];
    for (int i = 0; i < zeros.length; i++) {
      zeros[i] = bits == 4 ? random.nextInt(16) : random.nextInt(-10, 11);
    }
    return NdArray.of(device, DType.FP32, zeros, scales.shape());
  }

  @Test
  void packedNumbersComeBack() {
    var random = new SplittableRandom(1);
    for (int k : new int[] {0, 1, 31, 32, 33, 100}) {
      int[] q = new int[k * 3];
      for (int i = 0; i < q.length; i++) {
        q[i] = random.nextInt(16);
      }
      byte[] packed = QuantizedWeight.pack(q, k, 3, 32);
      assertThat(packed).hasSize((k + 31) / 32 * 16 * 3);
      assertThat(QuantizedWeight.unpack(packed, k, 3, 32)).isEqualTo(q);
    }
    assertThatThrownBy(() -> QuantizedWeight.pack(new int[] {16}, 1, 1, 32))
        .hasMessage("QuantizedWeight: argument 'q' must be from 0 to 15, but is 16 in row 0");
  }

  @Test
  void integersAreMultipliedExactly() {
    for (Device device : Cases.devices()) {
      double[] a = integers(1, 20 * 50);
      double[] b = integers(2, 50 * 33);
      NdArray c = NdArray.full(device, DType.I32, 7, 20, 33);
      NdArray left = NdArray.of(device, DType.I8, a, 20, 50);
      NdArray right = NdArray.of(device, DType.I8, b, 50, 33);
      double[] exact = MatmulReference.product(Rounding.EXACT, a, b, 20, 33, 50);
      new Matmul(device).run(left, right, c);
      assertThat(c.toDoubles()).isEqualTo(exact);
      NdArray columns = NdArray.of(device, DType.I8, MatmulReference.transpose(b, 50, 33), 33, 50);
      new Matmul(device, MatmulTiles.of(16, 16, 32).withSplits(2), Precision.IEEE)
          .run(left, columns.permute(1, 0), c);
      assertThat(c.toDoubles()).isEqualTo(exact);
    }
  }

  @Test
  void dynamicallyQuantisedRowsMultiplyToTheScaledProduct() {
    for (Device device : Cases.devices()) {
      double[] x = Cases.normal(DType.FP32, 1, 6 * 50);
      Arrays.fill(x, 0, 50, 0);
      NdArray q = NdArray.zeros(device, DType.I8, 6, 50);
      NdArray scales = Cases.unset(device, DType.FP32, 6);
      new QuantizedMatmul(device).quantizeRows(NdArray.of(device, DType.FP32, x, 6, 50), q, scales);
      double[] scale = scales.toDoubles();
      double[] numbers = q.toDoubles();
      for (int i = 0; i < x.length; i++) {
        assertThat(numbers[i] * scale[i / 50] - x[i])
            .isBetween(-0.501 * scale[i / 50], 0.501 * scale[i / 50]);
      }
      double[] b = integers(2, 50 * 9);
      double[] columns = Cases.normal(DType.FP32, 3, 9);
      NdArray c = Cases.unset(device, DType.FP32, 6, 9);
      new Matmul(device)
          .run(
              q,
              NdArray.of(device, DType.I8, b, 50, 9),
              Epilogue.NONE.withScales(scales, NdArray.of(device, DType.FP32, columns, 9)),
              c);
      var epilogue =
          new EpilogueReference(null, Activation.NONE, null, null, scale, columns, 1, 0, null);
      double[] exact = MatmulReference.product(Rounding.EXACT, numbers, b, 6, 9, 50);
      ErrorRule.check(
          "c",
          DType.FP32,
          c.toDoubles(),
          epilogue.of(Rounding.FP32, exact, 9),
          epilogue.of(Rounding.EXACT, exact, 9));
    }
  }

  @Test
  void eightBitFloatsOfBothKindsAreMultiplied() {
    assumeFalse(Cases.TESTED.equals("sm_80"), "sm_80 has no fp8e4nv");
    for (Device device : Cases.devices()) {
      for (DType right : new DType[] {DType.FP8E4NV, DType.FP8E5}) {
        double[] a = Cases.normal(DType.FP8E4NV, 1, 9 * 40);
        double[] b = Cases.normal(right, 2, 40 * 17);
        double[] rows = Cases.normal(DType.FP32, 3, 9);
        NdArray c = Cases.unset(device, DType.BF16, 9, 17);
        new Matmul(device)
            .run(
                NdArray.of(device, DType.FP8E4NV, a, 9, 40),
                NdArray.of(device, right, b, 40, 17),
                Epilogue.NONE.withScales(NdArray.of(device, DType.FP32, rows, 9), null),
                c);
        var epilogue =
            new EpilogueReference(null, Activation.NONE, null, null, rows, null, 1, 0, null);
        ErrorRule.check(
            "c",
            DType.BF16,
            c.toDoubles(),
            Rounding.to(DType.BF16)
                .of(
                    epilogue.of(
                        Rounding.FP32,
                        MatmulReference.product(Rounding.FP32, a, b, 9, 17, 40),
                        17)),
            epilogue.of(
                Rounding.EXACT, MatmulReference.product(Rounding.EXACT, a, b, 9, 17, 40), 17));
      }
    }
  }

  private static double[] integers(long seed, int n) {
    var random = new SplittableRandom(seed);
    double[] values = new double[n];
    for (int i = 0; i < n; i++) {
      values[i] = random.nextInt(-128, 128);
    }
    return values;
  }
}
