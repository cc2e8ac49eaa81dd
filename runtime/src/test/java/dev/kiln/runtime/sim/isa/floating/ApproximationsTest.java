package dev.kiln.runtime.sim.isa.floating;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.isa.floating.Exact.Format;
import dev.kiln.runtime.sim.isa.vector.VectorForms;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ApproximationsTest {
  private static final long INF = 0x7f80_0000L;
  private static final long MINUS_INF = 0xff80_0000L;
  private static final long NAN = 0x7fff_ffffL;
  private static final long MINUS_ZERO = 0x8000_0000L;
  private static final long ONE = 0x3f80_0000L;
  private static final long MINUS_ONE = 0xbf80_0000L;
  private static final double LN2 = StrictMath.log(2);

  /** Functions and the manual's bounds of their relative errors. */
  private record Bound(DoubleUnaryOperator function, double relative, double absolute) {}

  private static final Map<String, Bound> BOUNDS =
      Map.of(
          "ex2", new Bound(x -> StrictMath.pow(2, x), 0x1p-22, 0),
          "lg2", new Bound(x -> StrictMath.log(x) / LN2, 0x1p-22, 0x1p-22),
          "sin", new Bound(StrictMath::sin, 0, 0x1p-20),
          "cos", new Bound(StrictMath::cos, 0, 0x1p-20),
          "tanh", new Bound(StrictMath::tanh, 0x1p-11, 0),
          "rcp", new Bound(x -> 1 / x, 0x1p-23, 0),
          "sqrt", new Bound(StrictMath::sqrt, 0x1p-23, 0),
          "rsqrt", new Bound(x -> 1 / StrictMath.sqrt(x), StrictMath.pow(2, -22.9), 0));

  @ParameterizedTest
  @ValueSource(strings = {"ex2", "lg2", "sin", "cos", "tanh", "rcp", "sqrt", "rsqrt"})
  void errorsStayWithinTheBoundsOfTheManual(String name) {
    Bound bound = BOUNDS.get(name);
    SplittableRandom random = new SplittableRandom(7);
    boolean positive = name.equals("lg2") || name.endsWith("sqrt");
    boolean anyMagnitude = positive || name.equals("rcp");
    double range = name.equals("ex2") ? 150 : name.equals("tanh") ? 12 : 6.28;
    for (int run = 0; run < 400; run++) {
      int[] in = new int[32];
      for (int lane = 0; lane < 32; lane++) {
        float value =
            anyMagnitude
                ? Float.intBitsToFloat(random.nextInt(0x7f80_0000))
                : (float) random.nextDouble(-range, range);
        in[lane] = Float.floatToRawIntBits(value);
      }
      for (boolean vector : new boolean[] {true, false}) {
        SingleStep step = SingleStep.of(name + ".approx.f32").out(PtxType.F32).in(PtxType.F32, in);
        SingleStep.Result result = vector ? step.run() : VectorForms.without(step::run);
        result.forEachActive((a, out) -> assertClose(name, bound, a[0], out[0]));
      }
    }
  }

  private static void assertClose(String name, Bound bound, long in, long out) {
    double exact = bound.function().applyAsDouble(Float.intBitsToFloat((int) in));
    double got = Float.intBitsToFloat((int) out);
    if (Math.abs(exact) > Float.MAX_VALUE) {
      assertThat(got).isEqualTo(Math.copySign(Double.POSITIVE_INFINITY, exact));
      return;
    }
    // Half the distance of subnormal numbers is left to rounding.
    double allowed = Math.abs(exact) * bound.relative() + bound.absolute() + 0x1p-150;
    if (Math.abs(got - exact) > allowed) {
      throw new AssertionError(
          name + "(" + Float.intBitsToFloat((int) in) + ") = " + got + ", not " + exact);
    }
  }

  @Test
  void bothFormsOfEachFunctionGiveTheSameBits() {
    for (String name :
        new String[] {
          "ex2.approx.f32", "ex2.approx.ftz.f32", "rcp.approx.f32", "rcp.approx.ftz.f32",
          "sqrt.approx.f32", "sqrt.approx.ftz.f32", "rsqrt.approx.f32", "rsqrt.approx.ftz.f32"
        }) {
      SingleStep.of(name)
          .out(PtxType.F32)
          .in(PtxType.F32)
          .expect(
              in ->
                  VectorForms.without(
                          () -> SingleStep.of(name).out(PtxType.F32).in(PtxType.F32, in[0]).run())
                      .out(0)[0]);
    }
  }

  /** The tables of special values: of -Inf, -subnormal, -0, +0, +subnormal, +Inf, NaN. */
  @ParameterizedTest
  @CsvSource({
    "rcp.approx.ftz.f32, -0, -inf, -inf, inf, inf, 0, nan",
    "sqrt.approx.ftz.f32, nan, -0, -0, 0, 0, inf, nan",
    "rsqrt.approx.ftz.f32, nan, -inf, -inf, inf, inf, 0, nan",
    "lg2.approx.ftz.f32, nan, -inf, -inf, -inf, -inf, inf, nan",
    "ex2.approx.ftz.f32, 0, 1, 1, 1, 1, inf, nan",
    "ex2.approx.f32, 0, 1, 1, 1, 1, inf, nan",
    "sin.approx.ftz.f32, nan, -0, -0, 0, 0, nan, nan",
    "cos.approx.ftz.f32, nan, 1, 1, 1, 1, nan, nan",
    "tanh.approx.f32, -1, same, -0, 0, same, 1, nan",
    "sin.approx.f32, nan, same, -0, 0, same, nan, nan",
    "rsqrt.approx.f32, nan, nan, -inf, inf, any, 0, nan",
    "lg2.approx.f32, nan, nan, -inf, -inf, any, inf, nan"
  })
  void specialValuesAreThoseOfTheTables(
      String mnemonic,
      String minusInf,
      String minusSubnormal,
      String minusZero,
      String zero,
      String subnormal,
      String inf,
      String nan) {
    long[] operands = {MINUS_INF, 0x8000_1234L, MINUS_ZERO, 0, 0x1234, INF, 0xff80_0001L};
    String[] wanted = {minusInf, minusSubnormal, minusZero, zero, subnormal, inf, nan};
    for (int i = 0; i < operands.length; i++) {
      long out =
          SingleStep.of(mnemonic).out(PtxType.F32).in(PtxType.F32, operands[i]).run().out(0)[0];
      long bits =
          switch (wanted[i]) {
            case "-inf" -> MINUS_INF;
            case "inf" -> INF;
            case "-0" -> MINUS_ZERO;
            case "0" -> 0;
            case "1" -> ONE;
            case "-1" -> MINUS_ONE;
            case "nan" -> NAN;
            case "same" -> operands[i];
            default -> out;
          };
      assertThat(Long.toHexString(out))
          .as(mnemonic + " of " + Long.toHexString(operands[i]))
          .isEqualTo(Long.toHexString(bits));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ex2.approx.f16, F16",
    "ex2.approx.ftz.bf16, BF16",
    "tanh.approx.f16, F16",
    "tanh.approx.bf16, BF16"
  })
  void allNumbersOfSixteenBitsAreRoundedOnce(String mnemonic, Format format) {
    DoubleUnaryOperator function =
        mnemonic.startsWith("ex2") ? x -> StrictMath.pow(2, x) : StrictMath::tanh;
    boolean flush = mnemonic.contains("ftz");
    PtxType type = format == Format.F16 ? PtxType.F16 : PtxType.BF16;
    for (int first = 0; first < 0x1_0000; first += 32) {
      long[] in = new long[32];
      for (int lane = 0; lane < 32; lane++) {
        in[lane] = first + lane;
      }
      long[] out = SingleStep.of(mnemonic).out(type).in(type, in).run().out(0);
      for (int lane = 0; lane < 32; lane++) {
        double x = format.number(flush ? format.flush(in[lane]) : in[lane]);
        double y = function.applyAsDouble(x);
        long wanted =
            y == 0 || !Double.isFinite(y)
                ? format.special(y)
                : new Exact(new java.math.BigDecimal(y)).round(format, Rounding.NEAREST, false);
        assertThat(out[lane])
            .as(mnemonic + " of " + x)
            .isEqualTo(flush ? format.flush(wanted) : wanted);
      }
    }
  }

  @Test
  void packedFunctionsWorkOnBothHalves() {
    for (String name : new String[] {"ex2.approx.f16", "tanh.approx.f16"}) {
      SingleStep.of(name + "x2")
          .out(PtxType.F16X2)
          .in(PtxType.F16X2)
          .expect(in -> single(name, in[0] & 0xffff) | single(name, in[0] >>> 16) << 16);
    }
  }

  private static long single(String mnemonic, long bits) {
    return SingleStep.of(mnemonic).out(PtxType.F16).in(PtxType.F16, bits).run().out(0)[0];
  }

  @Test
  void grossFunctionsReadAndWriteTheUpperHalf() {
    SingleStep.of("rcp.approx.ftz.f64")
        .out(PtxType.F64)
        .in(PtxType.F64)
        .expect(in -> gross(in[0], x -> 1 / x));
    SingleStep.of("rsqrt.approx.ftz.f64")
        .out(PtxType.F64)
        .in(PtxType.F64)
        .expect(in -> gross(in[0], x -> 1 / StrictMath.sqrt(x)));
  }

  private static long gross(long bits, DoubleUnaryOperator function) {
    Format format = Format.F64;
    double operand = format.number(bits);
    double x = format.number(format.flush(bits & 0xffff_ffff_0000_0000L));
    double y = operand != operand ? operand : function.applyAsDouble(x);
    if (y != y) {
      return 0x7fff_ffff_0000_0000L;
    }
    long result = Double.doubleToRawLongBits(y);
    long cut = result & 0xffff_ffff_0000_0000L;
    long rest = result & 0xffff_ffffL;
    long rounded = rest >= 0x8000_0000L ? cut + 0x1_0000_0000L : cut;
    return format.flush(rounded);
  }

  @Test
  void quotientsAreWithinTwoUnitsAndVanishForLargeDivisors() {
    SingleStep.of("div.full.f32")
        .out(PtxType.F32)
        .in(PtxType.F32)
        .in(PtxType.F32)
        .expect(in -> new Reference(Format.F32, Rounding.NEAREST).div(in[0], in[1]));
    SingleStep.of("div.approx.f32")
        .out(PtxType.F32)
        .in(PtxType.F32)
        .in(PtxType.F32)
        .expect(
            in -> {
              float b = Math.abs(Float.intBitsToFloat((int) in[1]));
              Reference reference = new Reference(Format.F32, Rounding.NEAREST);
              return b > 0x1p126f && !Float.isInfinite(b)
                  ? reference.mul(in[0], in[1] & MINUS_ZERO)
                  : reference.div(in[0], in[1]);
            });
  }
}
