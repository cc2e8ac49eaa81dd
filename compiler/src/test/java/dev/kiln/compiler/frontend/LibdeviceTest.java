package dev.kiln.compiler.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Functions of libdevice against Java's, with the largest error in units in the last place. What
 * stands here stands in {@code docs/language.md}.
 */
class LibdeviceTest {
  private static final double INF = Double.POSITIVE_INFINITY;
  private static final double NAN = Double.NaN;

  /** Besides random numbers of the domain, every function meets these where they lie in it. */
  private static final double[] SPECIAL = {
    0.0, -0.0, 1, -1, 0.5, -0.5, 2, -2, 1e-30, -1e-30, 1e-6, 1e30, -1e30, INF, -INF, NAN
  };

  private static Arguments row(
      String name,
      double low,
      double high,
      double ulps32,
      double ulps64,
      DoubleUnaryOperator java) {
    return Arguments.of(name, low, high, ulps32, ulps64, java);
  }

  static Stream<Arguments> unary() {
    return Stream.of(
        row("log1p", -1, 100, 0.51, 2, StrictMath::log1p),
        row("expm1", -20, 80, 0.51, 3, StrictMath::expm1),
        row("exp10", -30, 30, 0.51, 2, x -> StrictMath.pow(10, x)),
        row("log10", 0, 1e6, 0.51, 2, StrictMath::log10),
        row("cbrt", -1e6, 1e6, 0.51, 2, StrictMath::cbrt),
        row("rcbrt", -1e6, 1e6, 0.51, 3, x -> 1 / StrictMath.cbrt(x)),
        row("sinh", -20, 20, 0.51, 3, StrictMath::sinh),
        row("cosh", -20, 20, 0.51, 2, StrictMath::cosh),
        row("asinh", -1e3, 1e3, 0.51, 3, LibdeviceTest::asinh),
        row("acosh", 1, 1e3, 0.51, 3, LibdeviceTest::acosh),
        row("atanh", -1, 1, 0.51, 3, LibdeviceTest::atanh),
        row("tan", -1.5, 1.5, 0.51, 3, StrictMath::tan),
        row("atan", -50, 50, 0.51, 2, StrictMath::atan),
        row("asin", -1, 1, 0.51, 2, StrictMath::asin),
        row("acos", -1, 1, 0.51, 2, StrictMath::acos),
        row("sinpi", -8, 8, 0.51, 2, LibdeviceTest::sinpi),
        row(
            "cospi",
            -8,
            8,
            0.51,
            4,
            x -> Double.isInfinite(x) ? NAN : sinpi(0.5 - Math.abs(x % 2))),
        row("rsqrt_rn", 0, 1e6, 0.51, -1, x -> 1 / StrictMath.sqrt(x)),
        row("round", -1e3, 1e3, 0, 0, LibdeviceTest::round),
        row("rint", -1e3, 1e3, 0, 0, Math::rint),
        row("nearbyint", -1e3, 1e3, 0, 0, Math::rint),
        row("trunc", -1e3, 1e3, 0, 0, x -> x < 0 ? Math.ceil(x) : Math.floor(x)),
        row("rcp_rn", -1e3, 1e3, 0.5, 0.5, x -> 1 / x));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("unary")
  void errorsStayBelowTheBound(
      String name,
      double low,
      double high,
      double ulps32,
      double ulps64,
      DoubleUnaryOperator java) {
    double[] x = inputs(low, high, DType.FP32);
    check(name, x, run(name, DType.FP32, x), java, DType.FP32, ulps32);
    if (ulps64 >= 0) {
      double[] wide = inputs(low, high, DType.FP64);
      check(name, wide, run(name, DType.FP64, wide), java, DType.FP64, ulps64);
    }
  }

  private static double[] run(String name, DType dtype, double[] x) {
    return KernelRun.expression("libdevice." + name + "(x)").with(dtype, x).floats(dtype, x.length);
  }

  private static double[] inputs(double low, double high, DType dtype) {
    var random = new Random(3);
    List<Double> inputs = new ArrayList<>();
    for (double special : SPECIAL) {
      inputs.add(dtype == DType.FP32 ? (double) (float) special : special);
    }
    while (inputs.size() < 256) {
      double x = low + (high - low) * random.nextDouble();
      inputs.add(dtype == DType.FP32 ? (double) (float) x : x);
    }
    return inputs.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static void check(
      String name, double[] x, double[] got, DoubleUnaryOperator java, DType dtype, double bound) {
    double worst = 0;
    for (int i = 0; i < x.length; i++) {
      double expected = java.applyAsDouble(x[i]);
      double error = error(expected, got[i], dtype);
      assertThat(error)
          .as("%s(%s) of %s: %s instead of %s", name, x[i], dtype, got[i], expected)
          .isLessThanOrEqualTo(bound);
      worst = Math.max(worst, error);
    }
  }

  /** Units in the last place; 0 for equal values and for two NaN. */
  static double error(double expected, double got, DType dtype) {
    double rounded = dtype == DType.FP32 ? (float) expected : expected;
    if (Double.doubleToLongBits(rounded) == Double.doubleToLongBits(got)) {
      return 0;
    }
    if (Double.isNaN(expected) || Double.isNaN(got) || Double.isInfinite(rounded)) {
      return Double.isInfinite(rounded) && rounded == got ? 0 : INF;
    }
    double ulp = dtype == DType.FP32 ? Math.ulp((float) expected) : Math.ulp(expected);
    return Math.abs(got - expected) / ulp;
  }

  /** C's, which knows a few more powers than Java's. */
  private static double pow(double x, double y) {
    return x == 1 || (x == -1 && Double.isInfinite(y)) ? 1 : StrictMath.pow(x, y);
  }

  private static double asinh(double x) {
    double a = Math.abs(x);
    double result =
        a > 1e100
            ? Math.log(a) + Math.log(2)
            : StrictMath.log1p(a + a * a / (1 + Math.sqrt(a * a + 1)));
    return Math.copySign(result, x);
  }

  private static double acosh(double x) {
    double t = x - 1;
    return x > 1e100 ? Math.log(x) + Math.log(2) : StrictMath.log1p(t + Math.sqrt(2 * t + t * t));
  }

  private static double atanh(double x) {
    double a = Math.abs(x);
    return Math.copySign(0.5 * StrictMath.log1p(2 * a / (1 - a)), x);
  }

  private static double sinpi(double x) {
    double r = x - 2 * Math.rint(x / 2);
    double n = Math.rint(2 * r);
    double left = (r - n / 2) * Math.PI;
    double s =
        switch (((int) n) & 3) {
          case 0 -> StrictMath.sin(left);
          case 1 -> StrictMath.cos(left);
          case 2 -> -StrictMath.sin(left);
          default -> -StrictMath.cos(left);
        };
    return s == 0 && Double.isFinite(x) ? Math.copySign(0, x) : s;
  }

  private static double round(double x) {
    double whole = x < 0 ? Math.ceil(x) : Math.floor(x);
    return Math.abs(x - whole) >= 0.5 ? whole + Math.copySign(1, x) : whole;
  }

  // ---- two arguments

  private static Arguments pair(
      String name, double range, double ulps32, double ulps64, DoubleBinaryOperator java) {
    return Arguments.of(name, range, ulps32, ulps64, java);
  }

  static Stream<Arguments> binary() {
    return Stream.of(
        pair("pow", 12, 0.51, 2, LibdeviceTest::pow),
        pair("atan2", 10, 0.51, 3, StrictMath::atan2),
        pair("hypot", 1e3, 0.51, 2, StrictMath::hypot),
        pair("fmod", 50, 0, 0, (x, y) -> x % y),
        pair("remainder", 50, 0, 0, StrictMath::IEEEremainder),
        pair("copysign", 50, 0, 0, Math::copySign),
        pair("fdim", 50, 0.5, 0.5, (x, y) -> x > y ? x - y : x <= y ? 0.0 : NAN),
        pair("div_rn", 50, 0.5, 0.5, (x, y) -> x / y),
        pair("add_rn", 50, 0.5, 0.5, (x, y) -> x + y),
        pair("sub_rn", 50, 0.5, 0.5, (x, y) -> x - y),
        pair("mul_rn", 50, 0.5, 0.5, (x, y) -> x * y));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("binary")
  void errorsOfTwoArgumentsStayBelowTheBound(
      String name, double range, double ulps32, double ulps64, DoubleBinaryOperator java) {
    for (DType dtype : List.of(DType.FP32, DType.FP64)) {
      double[] some = inputs(-range, range, dtype);
      // Every special number meets every other, and random numbers meet random ones.
      double[] x = new double[512];
      double[] y = new double[512];
      for (int i = 0; i < 512; i++) {
        x[i] = some[i < 256 ? i % 16 : i - 256];
        y[i] = some[i < 256 ? i / 16 : (i * 7) % 256];
      }
      double[] got =
          KernelRun.expression("libdevice." + name + "(x, y)")
              .with(dtype, x)
              .with(dtype, y)
              .floats(dtype, 512);
      double bound = dtype == DType.FP32 ? ulps32 : ulps64;
      for (int i = 0; i < 512; i++) {
        double expected = java.applyAsDouble(x[i], y[i]);
        boolean tooSmall = Math.abs(expected) < 1e-290;
        assertThat(error(expected, got[i], dtype))
            .as("%s(%s, %s) of %s: %s instead of %s", name, x[i], y[i], dtype, got[i], expected)
            .isLessThanOrEqualTo(tooSmall ? INF : bound);
      }
    }
  }

  // ---- known values

  @Test
  void theErrorFunctionsRelativesHaveTheirKnownValues() {
    double[] x = {0, 0.5, 1, 2, 5, 10, 26, -1, -3, INF, -INF};
    double[] erfc = {
      1,
      0.4795001221869535,
      0.15729920705028513,
      0.004677734981047266,
      1.5374597944280349e-12,
      2.088487583762545e-45,
      5.663192408856143e-296,
      1.8427007929497148,
      1.9999779095030015,
      0,
      2
    };
    double[] got = run("erfc", DType.FP64, pad(x));
    for (int i = 0; i < x.length; i++) {
      assertThat(error(erfc[i], got[i], DType.FP64))
          .as("erfc(%s): %s", x[i], got[i])
          .isLessThan(200);
    }
    assertThat(
            error(0.9772498680518208, run("normcdf", DType.FP64, new double[] {2})[0], DType.FP64))
        .isLessThan(8);
    assertThat(
            error(0.05614099274382259, run("erfcx", DType.FP64, new double[] {10})[0], DType.FP64))
        .isLessThan(8);
  }

  private static double[] pad(double[] x) {
    return java.util.Arrays.copyOf(x, 16);
  }

  @Test
  void exponentsAreTakenApartAndPutTogether() {
    double[] x = {1, 3, 0.1, 0, INF, 4.9e-324, -8, NAN};
    assertThat(
            KernelRun.expression("libdevice.ilogb(x)").with(DType.FP64, x).integers(DType.I32, 8))
        .containsExactly(
            0, 1, -4, Integer.MIN_VALUE, Integer.MAX_VALUE, -1074, 3, Integer.MIN_VALUE);
    assertThat(run("logb", DType.FP64, x)).containsExactly(0, 1, -4, -INF, INF, -1074, 3, NAN);
    double[] bases = {1.5, 1.5, 1.5, 4.9e-324, 1e308, 1.1, 3, 0};
    long[] powers = {3, -1074, 2000, 2000, -2000, -1040, -5000, 9999};
    double[] got =
        KernelRun.expression("libdevice.ldexp(x, y)")
            .with(DType.FP64, bases)
            .with(DType.I32, powers)
            .floats(DType.FP64, 8);
    for (int i = 0; i < 8; i++) {
      assertThat(got[i]).isEqualTo(Math.scalb(bases[i], (int) powers[i]));
    }
  }

  /** Expected are numbers computed with 60 digits. */
  @Test
  void inverseErrorFunctions() {
    double[] p = {
      1e-300, 1e-30, 1e-10, 0.001, 0.07, 0.0750001, 0.25, 0.4999, 0.75, 0.93, 0.999, 0.9999999, 0.5,
      0, 1, 1.5
    };
    double[] quantiles = {
      -37.0470962993612,
      -11.464024688443615,
      -6.361340902404057,
      -3.0902323061678136,
      -1.4757910281791706,
      -1.4395307645017297,
      -0.6744897501960817,
      -0.00025066283008800747,
      0.6744897501960817,
      1.475791028179171,
      3.090232306167813,
      5.199337582290661,
      0,
      -INF,
      INF,
      NAN
    };
    double[] y = {
      1e-300,
      -1e-12,
      0.3,
      -0.5,
      0.84,
      0.851,
      -0.99,
      0.9999999,
      0.75,
      0.1,
      -0.9375,
      0.999999999999,
      0,
      -1,
      1,
      -2
    };
    double[] inverse = {
      8.86226925452758e-301,
      -8.86226925452758e-13,
      0.2724627147267543,
      -0.4769362762044699,
      0.9935356283473041,
      1.0204064737926706,
      -1.8213863677184494,
      3.7665625816384707,
      0.8134198475976185,
      0.08885599049425769,
      -1.3171503349861307,
      5.042031898572696,
      0,
      -INF,
      INF,
      NAN
    };
    double[] z = {
      1e-300, 1e-30, 1e-05, 0.1, 0.15, 0.5, 0.9999, 1.25, 1.5, 1.86, 1.99, 1.9999999, 1, 2, 0, 3
    };
    double[] complement = {
      26.209469960516124,
      8.148616223169865,
      3.123413274340875,
      1.163087153676674,
      1.0179024648320276,
      0.4769362762044699,
      8.862269277727971e-05,
      -0.2253120550121781,
      -0.4769362762044699,
      -1.0435418436397592,
      -1.8213863677184494,
      -3.7665625814958155,
      0,
      -INF,
      INF,
      NAN
    };
    expect("normcdfinv", p, quantiles, 5);
    expect("erfinv", y, inverse, 5);
    expect("erfcinv", z, complement, 5);
  }

  private static void expect(String name, double[] x, double[] expected, double ulps) {
    double[] got = run(name, DType.FP64, x);
    for (int i = 0; i < x.length; i++) {
      assertThat(error(expected[i], got[i], DType.FP64))
          .as("%s(%s): %s instead of %s", name, x[i], got[i], expected[i])
          .isLessThanOrEqualTo(ulps);
    }
  }

  @Test
  void neighboursAreFound() {
    double[] x = {1, 1, 0, 0, -1, INF, 3.4028234663852886E38, NAN};
    double[] y = {2, 0, 1, -1, 0, 0, INF, 1};
    double[] got =
        KernelRun.expression("libdevice.nextafter(x, y)")
            .with(DType.FP32, x)
            .with(DType.FP32, y)
            .floats(DType.FP32, 8);
    for (int i = 0; i < 8; i++) {
      assertThat(Double.valueOf(got[i]))
          .isEqualTo(Double.valueOf(Math.nextAfter((float) x[i], y[i])));
    }
  }

  @Test
  void kindsOfNumbersAreTold() {
    double[] x = {1, -0.0, INF, -INF, NAN, 0, -5, 1e-40};
    assertThat(integers("isnan", DType.FP32, x)).containsExactly(0, 0, 0, 0, 1, 0, 0, 0);
    assertThat(integers("isinf", DType.FP32, x)).containsExactly(0, 0, 1, 1, 0, 0, 0, 0);
    assertThat(integers("finitef", DType.FP32, x)).containsExactly(1, 1, 0, 0, 0, 1, 1, 1);
    assertThat(integers("isfinited", DType.FP64, x)).containsExactly(1, 1, 0, 0, 0, 1, 1, 1);
    assertThat(integers("signbit", DType.FP64, x)[1]).isEqualTo(1);
    assertThat(run("saturatef", DType.FP32, x)).containsExactly(1, 0, 1, 0, 0, 0, 0, (float) 1e-40);
  }

  private static long[] integers(String name, DType dtype, double[] x) {
    return KernelRun.expression("libdevice." + name + "(x)")
        .with(dtype, x)
        .integers(DType.I32, x.length);
  }

  @Test
  void floatsBecomeIntegersAsTheNameSays() {
    double[] x = {1.5, -1.5, 2.5, -0.5, 1e20, NAN, 0.999, -7.1};
    assertThat(integers("float2int_rn", DType.FP32, x))
        .containsExactly(2, -2, 2, 0, Integer.MAX_VALUE, 0, 1, -7);
    assertThat(integers("float2int_rz", DType.FP32, x))
        .containsExactly(1, -1, 2, 0, Integer.MAX_VALUE, 0, 0, -7);
    assertThat(integers("float2int_rd", DType.FP32, x))
        .containsExactly(1, -2, 2, -1, Integer.MAX_VALUE, 0, 0, -8);
    assertThat(integers("double2int_ru", DType.FP64, x))
        .containsExactly(2, -1, 3, 0, Integer.MAX_VALUE, 0, 1, -7);
    assertThat(integers("llround", DType.FP32, x)).startsWith(2, -2, 3, -1);
    assertThat(integers("llrint", DType.FP64, x)).startsWith(2, -2, 2, 0);
  }

  @Test
  void bitsOfIntegersAreCounted() {
    long[] x = {0, 1, 8, -1, 12, 0x40000000, 3, 7};
    assertThat(bits("clz(x)", x)).containsExactly(32, 31, 28, 0, 28, 1, 30, 29);
    assertThat(bits("popc(x)", x)).containsExactly(0, 1, 1, 32, 2, 1, 2, 3);
    assertThat(bits("ffs(x)", x)).containsExactly(0, 1, 4, 1, 3, 31, 1, 1);
    assertThat(bits("brev(x)", x)[1]).isEqualTo(Integer.MIN_VALUE);
    assertThat(bits("hadd(x, x + 3)", x)[2]).isEqualTo(9);
    assertThat(bits("rhadd(x, x + 3)", x)[2]).isEqualTo(10);
    assertThat(bits("sad(x, x + 3, x.to(tl.uint32))", x)[2]).isEqualTo(11);
    assertThat(bits("mulhi(x, x)", x)[5]).isEqualTo(0x10000000);
    assertThat(bits("mul24(x, x)", x)[3]).isEqualTo(1);
  }

  private static long[] bits(String call, long[] x) {
    return KernelRun.expression("libdevice." + call)
        .with(DType.I32, x)
        .integers(DType.I32, x.length);
  }

  @Test
  void wordsOfADoubleAreTakenApartAndPutTogether() {
    double[] x = {1.5, -3.25e-5, 1e300, -0.0};
    assertThat(
            KernelRun.expression(
                    "libdevice.hiloint2double(libdevice.double2hiint(x),"
                        + " libdevice.double2loint(x))")
                .with(DType.FP64, x)
                .floats(DType.FP64, 4))
        .containsExactly(x);
  }

  @Test
  void lengthsDoNotOverflowOnTheWay() {
    double[] huge = {1e300, 3e-300, 0, INF};
    double[] got =
        KernelRun.expression("libdevice.norm3d(x, x, x * 0.5)")
            .with(DType.FP64, huge)
            .floats(DType.FP64, 4);
    assertThat(got[0]).isBetween(1.49999e300, 1.50001e300);
    assertThat(got[1]).isBetween(4.49999e-300, 4.50001e-300);
    assertThat(got[2]).isZero();
    assertThat(got[3]).isEqualTo(INF);
  }
}
