package dev.kiln.tests.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.tests.kernels.ErrorRule;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass
@EnumSource(Way.class)
class ElementwiseTest {
  private static final double[] SPECIAL = {
    0.0, -0.0, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY
  };

  @RegisterExtension final CudaKernels cuda;

  ElementwiseTest(Way way) {
    cuda = new CudaKernels("elementwise", way);
  }

  @ParameterizedTest
  @CsvSource({"1, 32", "33, 32", "1000, 128", "4097, 1024"})
  void saxpyRoundsOnce(int n, int threads) {
    double[] x = Numbers.normal(DType.FP32, 1, n);
    double[] y = Numbers.normal(DType.FP32, 2, n);
    NdArray result = cuda.array(DType.FP32, y);
    cuda.launch(
        "saxpy",
        SimLaunch.of(Grid.cdiv(n, threads), threads),
        n,
        0.1f,
        cuda.array(DType.FP32, x),
        result);
    float[] expected = new float[n];
    for (int i = 0; i < n; i++) {
      expected[i] = Math.fma(0.1f, (float) x[i], (float) y[i]);
    }
    assertThat(result.toFloats()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"4, 1, 32", "1000, 2, 64", "4100, 3, 96"})
  void aGridStridesOverVectorsOfFour(int n, int blocks, int threads) {
    double[] a = Numbers.normal(DType.FP32, 3, n);
    double[] b = Numbers.normal(DType.FP32, 4, n);
    NdArray c = cuda.empty(DType.FP32, n);
    cuda.launch(
        "add_vector4",
        SimLaunch.of(blocks, threads),
        n,
        cuda.array(DType.FP32, a),
        cuda.array(DType.FP32, b),
        c);
    double[] expected = new double[n];
    Arrays.setAll(expected, i -> (float) (a[i] + b[i]));
    assertThat(c.toDoubles()).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 100, 3001})
  void geluOfHalvesIsWithinTheErrorRule(int pairs) {
    double[] x = Numbers.uniform(DType.FP16, 5, 2 * pairs, -6, 6);
    NdArray y = cuda.empty(DType.FP16, x.length);
    cuda.launch(
        "gelu_half2",
        SimLaunch.of(Grid.cdiv(pairs, 128), 128),
        pairs,
        cuda.array(DType.FP16, x),
        y);
    double[] exact = new double[x.length];
    Arrays.setAll(exact, i -> gelu(Rounding.EXACT, x[i]));
    double[] plain = new double[x.length];
    Arrays.setAll(plain, i -> FloatFormat.round(DType.FP16, gelu(Rounding.FP32, x[i])));
    ErrorRule.check("gelu", DType.FP16, y.toDoubles(), plain, exact);
  }

  private static double gelu(Rounding r, double t) {
    double cube = r.of(r.of(r.of(0.044715f * t) * t) * t);
    double tanh = r.of(Math.tanh(r.of(0.7978845608f * r.of(t + cube))));
    return r.of(r.of(0.5 * t) * r.of(1 + tanh));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 77, 1000})
  void productsOfBf16PairsRoundOnceAndStopAtZero(int pairs) {
    int n = 2 * pairs;
    double[] a = Numbers.normal(DType.BF16, 6, n);
    double[] b = Numbers.normal(DType.BF16, 7, n);
    double[] c = Numbers.normal(DType.BF16, 8, n);
    assertThat(fmaRelu(a, b, c)).isEqualTo(expectedFmaRelu(a, b, c));
  }

  @Test
  void bf16PairsKeepNanAndLoseTheSignOfZero() {
    double[] a = new double[SPECIAL.length * SPECIAL.length];
    double[] b = new double[a.length];
    double[] c = new double[a.length];
    Arrays.setAll(a, i -> SPECIAL[i / SPECIAL.length]);
    Arrays.setAll(b, i -> SPECIAL[i % SPECIAL.length]);
    Arrays.setAll(c, i -> -0.0);
    int even = a.length & ~1;
    a = Arrays.copyOf(a, even);
    b = Arrays.copyOf(b, even);
    c = Arrays.copyOf(c, even);
    assertThat(fmaRelu(a, b, c)).isEqualTo(expectedFmaRelu(a, b, c));
  }

  private double[] fmaRelu(double[] a, double[] b, double[] c) {
    int pairs = a.length / 2;
    NdArray d = cuda.empty(DType.BF16, a.length);
    cuda.launch(
        "fma_relu_bf162",
        SimLaunch.of(Grid.cdiv(pairs, 64), 64),
        pairs,
        cuda.array(DType.BF16, a),
        cuda.array(DType.BF16, b),
        cuda.array(DType.BF16, c),
        d);
    return d.toDoubles();
  }

  /** Double precision holds such sums exactly. */
  private static double[] expectedFmaRelu(double[] a, double[] b, double[] c) {
    double[] expected = new double[a.length];
    Arrays.setAll(
        expected,
        i -> {
          double sum = FloatFormat.round(DType.BF16, a[i] * b[i] + c[i]);
          return sum <= 0 ? 0.0 : sum;
        });
    return expected;
  }

  /** The largest errors are those of the CUDA programming guide's table, in ulps. */
  @Test
  void theMathematicsLibraryIsAsExactAsItsTableSays() {
    double[] x =
        Stream.of(
                Arrays.stream(SPECIAL),
                DoubleStream.of(Float.MIN_VALUE, -1e-40f, 1e-20f, 88.7f, -87.4f, 89, -104),
                DoubleStream.of(105_615, 123_456.789f, -1e10f, 3e20f, -Float.MAX_VALUE),
                Arrays.stream(Numbers.normal(DType.FP32, 9, 700)),
                Arrays.stream(Numbers.uniform(DType.FP32, 10, 300, -100, 100)))
            .flatMapToDouble(part -> part)
            .toArray();
    int n = x.length;
    NdArray out = cuda.empty(DType.FP32, 8 * n);
    cuda.launch(
        "transcendental", SimLaunch.of(Grid.cdiv(n, 96), 96), n, cuda.array(DType.FP32, x), out);
    float[] all = out.toFloats();
    check("exp", 1, x, all, 0, Math::exp);
    check("log", 1, x, all, 1, v -> Math.log((float) Math.abs(v) + 1e-3f));
    check("sin", 2, x, all, 2, Math::sin);
    check("cos", 2, x, all, 3, Math::cos);
    check("pow", 4, x, all, 4, v -> Math.pow(Math.abs(v), 1.7f));
    check("erf", 2, x, all, 5, ElementwiseTest::erf);
    check("cbrt", 1, x, all, 6, Math::cbrt);
    check("atan2", 3, x, all, 7, v -> Math.atan2(v, 0.5));
  }

  private static void check(
      String name, int ulps, double[] x, float[] all, int row, DoubleUnaryOperator function) {
    for (int i = 0; i < x.length; i++) {
      float actual = all[row * x.length + i];
      float expected = (float) function.applyAsDouble(x[i]);
      boolean right =
          Float.isNaN(expected)
              ? Float.isNaN(actual)
              : Math.abs(ordinal(actual) - ordinal(expected)) <= ulps;
      assertThat(right)
          .as("%s(%s) is %s, rounded rightly %s", name, x[i], actual, expected)
          .isTrue();
    }
  }

  /** Neighbouring floats have neighbouring numbers; both zeros have 0. */
  private static long ordinal(float x) {
    int bits = Float.floatToIntBits(x);
    return bits < 0 ? -(bits & Integer.MAX_VALUE) : bits;
  }

  /** Abramowitz and Stegun 7.1.6: all terms have one sign. */
  private static double erf(double x) {
    if (!(Math.abs(x) <= 6)) {
      return Math.signum(x); // of NaN, too
    }
    double term = x;
    double sum = 0;
    for (int k = 1; sum + term != sum; k++) {
      sum += term;
      term *= 2 * x * x / (2 * k + 1);
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "65, 3", "500, 12"})
  void polynomialsInDoublePrecisionRoundAsIeee754Says(int n, int degree) {
    double[] coefficients = Numbers.normal(DType.FP64, 11, degree + 1);
    double[] x = Numbers.normal(DType.FP64, 12, n);
    NdArray y = cuda.empty(DType.FP64, n);
    cuda.launch(
        "polynomial_fp64",
        SimLaunch.of(Grid.cdiv(n, 64), 64),
        n,
        degree,
        cuda.array(DType.FP64, coefficients),
        cuda.array(DType.FP64, x),
        y);
    double[] expected = new double[n];
    for (int i = 0; i < n; i++) {
      double sum = 0;
      for (int k = degree; k >= 0; k--) {
        sum = Math.fma(sum, x[i], coefficients[k]);
      }
      expected[i] = Math.sqrt(Math.abs(sum)) / Math.fma(x[i], x[i], 1);
    }
    assertThat(y.toDoubles()).isEqualTo(expected);
  }
}
