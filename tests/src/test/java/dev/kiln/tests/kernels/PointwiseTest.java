package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.BinaryFunction;
import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.kernels.elementwise.TernaryFunction;
import dev.kiln.kernels.elementwise.UnaryFunction;
import dev.kiln.kernels.reference.PointwiseReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Functions, dtypes and gradients; the strides of arrays in {@link PointwiseAxesTest}. */
class PointwiseTest {
  private static final int SIZE = 37;
  private static final double ALPHA = 1.75;
  private static final double BETA = -0.5;

  private final Device cpu = Cases.tested();

  /** Element {@code i} of what is expected. */
  private interface Definition {
    double of(Rounding r, int i);
  }

  @ParameterizedTest
  @EnumSource(UnaryFunction.class)
  void unaryFunctionsAreWithinTheErrorRule(UnaryFunction f) {
    double[] x = positive(DType.FP32, 51);
    double[] dy = Cases.normal(DType.FP32, 52, SIZE);
    for (Device device : Cases.devices()) {
      var kernels = new Pointwise(device);
      NdArray in = NdArray.of(device, DType.FP32, x);
      NdArray y = Cases.unset(device, DType.FP32, SIZE);
      kernels.unary(f, in, y);
      check(f + " y", y, (r, i) -> PointwiseReference.value(r, f, x[i]));
      if (f.hasGradient()) {
        kernels.unaryGradient(f, in, NdArray.of(device, DType.FP32, dy), y);
        check(f + " dx", y, (r, i) -> r.of(dy[i] * PointwiseReference.derivative(r, f, x[i])));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(BinaryFunction.class)
  void binaryFunctionsAreWithinTheErrorRule(BinaryFunction f) {
    double[] a = positive(DType.FP32, 53);
    double[] b = positive(DType.FP32, 54);
    System.arraycopy(a, 0, b, 0, 5);
    double[] dy = Cases.normal(DType.FP32, 55, SIZE);
    for (Device device : Cases.devices()) {
      var kernels = new Pointwise(device);
      NdArray left = NdArray.of(device, DType.FP32, a);
      NdArray right = NdArray.of(device, DType.FP32, b);
      NdArray y = Cases.unset(device, DType.FP32, SIZE);
      if (f == BinaryFunction.SCALE_ADD) {
        kernels.scaleAdd(ALPHA, left, BETA, right, y);
      } else {
        kernels.binary(f, left, right, y);
      }
      check(f + " y", y, (r, i) -> PointwiseReference.value(r, f, a[i], b[i], ALPHA, BETA));
      if (f.hasGradient()) {
        NdArray db = Cases.unset(device, DType.FP32, SIZE);
        kernels.binaryGradient(
            f, left, right, ALPHA, BETA, NdArray.of(device, DType.FP32, dy), y, db);
        check(
            f + " da", y, (r, i) -> r.of(dy[i] * PointwiseReference.left(r, f, a[i], b[i], ALPHA)));
        check(
            f + " db",
            db,
            (r, i) -> r.of(dy[i] * PointwiseReference.right(r, f, a[i], b[i], BETA)));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(TernaryFunction.class)
  void ternaryFunctionsAreWithinTheErrorRule(TernaryFunction f) {
    double[] a = Cases.normal(DType.FP32, 56, SIZE);
    double[] b = Cases.normal(DType.FP32, 57, SIZE);
    double[] c = Cases.normal(DType.FP32, 58, SIZE);
    a[3] = 0;
    for (Device device : Cases.devices()) {
      var kernels = new Pointwise(device);
      NdArray x = NdArray.of(device, DType.FP32, a);
      NdArray y = Cases.unset(device, DType.FP32, SIZE);
      NdArray second = NdArray.of(device, DType.FP32, b);
      kernels.ternary(f, x, second, NdArray.of(device, DType.FP32, c), y);
      check(f + " y", y, (r, i) -> PointwiseReference.value(r, f, a[i], b[i], c[i]));
      kernels.ternary(f, x, second, 0.25, y);
      check(f + " with c", y, (r, i) -> PointwiseReference.value(r, f, a[i], b[i], 0.25));
      kernels.ternary(f, x, -0.5, 0.25, y);
      check(f + " with b and c", y, (r, i) -> PointwiseReference.value(r, f, a[i], -0.5, 0.25));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FP16", "BF16", "FP64"})
  void everyFloatTypeIsWithinTheErrorRule(DType dtype) {
    var kernels = new Pointwise(cpu);
    double[] a = positive(dtype, 59);
    double[] b = positive(dtype, 60);
    NdArray y = Cases.unset(cpu, dtype, SIZE);
    kernels.unary(UnaryFunction.RSQRT, NdArray.of(cpu, dtype, a), y);
    check("rsqrt", y, (r, i) -> PointwiseReference.value(r, UnaryFunction.RSQRT, a[i]));
    kernels.scaleAdd(ALPHA, NdArray.of(cpu, dtype, a), BETA, NdArray.of(cpu, dtype, b), y);
    check(
        "scale_add",
        y,
        (r, i) -> PointwiseReference.value(r, BinaryFunction.SCALE_ADD, a[i], b[i], ALPHA, BETA));
  }

  @Test
  void referenceGradientsArePartialDerivatives() {
    double[] x = positive(DType.FP64, 61);
    double[] other = positive(DType.FP64, 62);
    for (UnaryFunction f : UnaryFunction.values()) {
      if (f.hasGradient()) {
        double[] gradient = new double[SIZE];
        Arrays.setAll(gradient, i -> PointwiseReference.derivative(Rounding.EXACT, f, x[i]));
        NumericalGradient.check(
            f.toString(),
            v -> sum(i -> PointwiseReference.value(Rounding.EXACT, f, v[i])),
            x,
            gradient);
      }
    }
    for (BinaryFunction f : BinaryFunction.values()) {
      if (f.hasGradient()) {
        double[] left = new double[SIZE];
        double[] right = new double[SIZE];
        for (int i = 0; i < SIZE; i++) {
          left[i] = PointwiseReference.left(Rounding.EXACT, f, x[i], other[i], ALPHA);
          right[i] = PointwiseReference.right(Rounding.EXACT, f, x[i], other[i], BETA);
        }
        NumericalGradient.check(f + " left", v -> sum(i -> binary(f, v[i], other[i])), x, left);
        NumericalGradient.check(f + " right", v -> sum(i -> binary(f, x[i], v[i])), other, right);
      }
    }
  }

  @Test
  void integersStayExact() {
    long big = (1L << 53) + 1;
    for (Device device : Cases.devices()) {
      var kernels = new Pointwise(device);
      NdArray a = NdArray.of(device, new long[] {big, -7, 7, 5}, 4);
      NdArray b = NdArray.of(device, new int[] {2, 2, -2, 5}, 4);
      assertThat(longs(kernels, BinaryFunction.ADD, a, b)).containsExactly(big + 2, -5, 5, 10);
      assertThat(longs(kernels, BinaryFunction.DIV, a, b)).containsExactly(big / 2, -3, -3, 1);
      assertThat(longs(kernels, BinaryFunction.MAX, a, b)).containsExactly(big, 2, 7, 5);
      assertThat(longs(kernels, BinaryFunction.EQ, a, b)).containsExactly(0, 0, 0, 1);
      NdArray y = NdArray.zeros(device, DType.I64, 4);
      kernels.unary(UnaryFunction.NEG, a, y);
      assertThat(y.toLongs()).containsExactly(-big, 7, -7, -5);
      kernels.binary(BinaryFunction.MUL, a, 3, y);
      assertThat(y.toLongs()).containsExactly(3 * big, -21, 21, 15);
    }
  }

  @Test
  void comparisonsMakeMasksAndMasksSelect() {
    for (Device device : Cases.devices()) {
      var kernels = new Pointwise(device);
      NdArray a = NdArray.of(device, new float[] {1, 5, Float.NaN, 3});
      NdArray mask = NdArray.zeros(device, DType.I1, 4);
      kernels.binary(BinaryFunction.GT, a, 2, mask);
      assertThat(mask.toLongs()).containsExactly(0, 1, 0, 1);
      NdArray y = Cases.unset(device, DType.FP32, 4);
      kernels.ternary(TernaryFunction.WHERE, mask, a, -1, y);
      assertThat(y.toDoubles()).containsExactly(-1, 5, -1, 3);
      kernels.unary(UnaryFunction.NOT, mask, mask);
      assertThat(mask.toLongs()).containsExactly(1, 0, 1, 0);
    }
  }

  @Test
  void nanStaysNan() {
    for (Device device : Cases.devices()) {
      var kernels = new Pointwise(device);
      NdArray nan = NdArray.of(device, new float[] {Float.NaN, 1}, 2);
      NdArray b = NdArray.of(device, new float[] {1, Float.NaN}, 2);
      NdArray y = NdArray.zeros(device, DType.FP32, 2);
      for (BinaryFunction f : new BinaryFunction[] {BinaryFunction.MAX, BinaryFunction.MIN}) {
        kernels.binary(f, nan, b, y);
        assertThat(y.toDoubles()).as(f.toString()).containsExactly(Double.NaN, Double.NaN);
      }
      kernels.ternary(TernaryFunction.CLAMP, nan, -3, 0, y);
      assertThat(y.toDoubles()).containsExactly(Double.NaN, 0);
    }
  }

  @Test
  void copiesConvert() {
    double[] values = {0, 1, -2.5, 300.75};
    NdArray x = NdArray.of(cpu, DType.FP64, values);
    NdArray halves = Cases.unset(cpu, DType.FP16, 4);
    NdArray integers = NdArray.zeros(cpu, DType.I16, 4);
    NdArray bits = NdArray.zeros(cpu, DType.I1, 4);
    var kernels = new Pointwise(cpu);
    kernels.copy(x, halves);
    kernels.copy(halves, integers);
    kernels.copy(integers, bits);
    assertThat(halves.toDoubles()).containsExactly(0, 1, -2.5, 300.75);
    assertThat(integers.toLongs()).containsExactly(0, 1, -2, 300);
    assertThat(bits.toLongs()).containsExactly(0, 1, 1, 1);
  }

  @Test
  void refusesWhatAFunctionDoesNotHave() {
    var kernels = new Pointwise(cpu);
    NdArray x = NdArray.zeros(cpu, DType.FP32, 2);
    NdArray i = NdArray.zeros(cpu, DType.I32, 2);
    refused(
        () -> kernels.unary(UnaryFunction.EXP, i, x),
        "Pointwise: argument 'x' must be of floats for EXP, but is i32[2] on cpu");
    refused(
        () -> kernels.binary(BinaryFunction.POW, i, i, x),
        "Pointwise: argument 'a' must be of floats for POW, but is i32[2] on cpu");
    refused(
        () -> kernels.unaryGradient(UnaryFunction.FLOOR, x, x, x),
        "Pointwise: argument 'f' must have a gradient, but is FLOOR");
    refused(
        () -> kernels.binaryGradient(BinaryFunction.LT, x, x, x, x, x),
        "Pointwise: argument 'f' must have a gradient, but is LT");
    refused(
        () -> kernels.binary(BinaryFunction.SCALE_ADD, x, 1, x),
        "Pointwise: argument 'f' must not be SCALE_ADD with a number");
  }

  private static double binary(BinaryFunction f, double a, double b) {
    return PointwiseReference.value(Rounding.EXACT, f, a, b, ALPHA, BETA);
  }

  private static double sum(IntToDoubleFunction element) {
    return IntStream.range(0, SIZE).mapToDouble(element).sum();
  }

  private static long[] longs(Pointwise kernels, BinaryFunction f, NdArray a, NdArray b) {
    NdArray y = NdArray.zeros(a.device(), DType.I64, 4);
    kernels.binary(f, a, b, y);
    return y.toLongs();
  }

  private static void check(String what, NdArray actual, Definition definition) {
    DType dtype = actual.dtype();
    double[] exact = new double[(int) actual.size()];
    double[] plain = new double[exact.length];
    Arrays.setAll(exact, i -> definition.of(Rounding.EXACT, i));
    Arrays.setAll(plain, i -> definition.of(Rounding.FP32, i));
    if (dtype == DType.FP64) {
      ErrorRule.checkFp64(what, actual.toDoubles(), exact, 3);
    } else {
      ErrorRule.check(what, dtype, actual.toDoubles(), Rounding.to(dtype).of(plain), exact);
    }
  }

  private static double[] positive(DType dtype, long seed) {
    double[] values = Cases.normal(DType.FP64, seed, SIZE);
    Arrays.setAll(values, i -> 0.1 + Math.abs(values[i]));
    return Rounding.to(dtype).of(values);
  }
}
