package dev.kiln.runtime.sim.isa.convert;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.isa.floating.Exact;
import dev.kiln.runtime.sim.isa.floating.Exact.Format;
import dev.kiln.runtime.sim.isa.floating.Rounding;
import dev.kiln.runtime.sim.isa.vector.VectorForms;
import dev.kiln.runtime.sim.program.MalformedInstruction;
import dev.kiln.runtime.sim.program.UnsupportedInstruction;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConvertTest {
  private static final List<String> INTEGERS =
      List.of("u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64");
  private static final List<String> FLOATS = List.of("f16", "bf16", "f32", "f64");

  private static PtxType type(String word) {
    return PtxType.parse(word).orElseThrow();
  }

  private static Format format(String word) {
    return switch (word) {
      case "f16" -> Format.F16;
      case "bf16" -> Format.BF16;
      case "tf32" -> Format.TF32;
      case "f32" -> Format.F32;
      default -> Format.F64;
    };
  }

  /** What {@code cvt} does with a register, by its words; registers have the types' widths. */
  private static long expected(String mnemonic, long bits) {
    String[] words = mnemonic.split("\\.");
    String to = words[words.length - 2];
    String from = words[words.length - 1];
    Set<String> modifiers = Set.copyOf(List.of(words));
    boolean toFloat = !INTEGERS.contains(to);
    if (INTEGERS.contains(from)) {
      BigInteger value = integer(type(from), bits);
      return toFloat
          ? ofNumber(to, modifiers, value.signum() == 0 ? null : new BigDecimal(value), 0.0)
          : ofInteger(type(to), value, modifiers.contains("sat"));
    }
    Format source = format(from);
    if (modifiers.contains("ftz") && from.equals("f32")) {
      bits = source.flush(bits);
    }
    double number = source.number(bits);
    boolean finite = Double.isFinite(number) && number != 0;
    BigDecimal exact = finite ? new BigDecimal(number) : null;
    if (finite && words.length > 2 && words[1].endsWith("i")) {
      BigDecimal whole = exact.setScale(0, integral(words[1]));
      number = whole.signum() == 0 ? number * 0 : whole.doubleValue();
      exact = whole.signum() == 0 ? null : whole;
    }
    if (!toFloat) {
      PtxType type = type(to);
      if (number != number) {
        boolean zero = !from.equals("f64") && type.bits() < 64;
        return zero ? 0 : 1L << (type.bits() - 1);
      }
      if (Double.isInfinite(number)) {
        BigInteger huge = BigInteger.TWO.pow(100);
        return ofInteger(type, number < 0 ? huge.negate() : huge, true);
      }
      return ofInteger(type, exact == null ? BigInteger.ZERO : exact.toBigIntegerExact(), true);
    }
    boolean clamped = modifiers.contains("sat");
    if (number != number && !clamped && to.equals("f64")) {
      long sign = (bits & source.sign()) != 0 ? Long.MIN_VALUE : 0;
      long fraction = bits & ((1L << source.fractionBits) - 1);
      return sign | 0x7ff8_0000_0000_0000L | fraction << (52 - source.fractionBits);
    }
    if (number != number && to.equals("f32") && from.equals("bf16")) {
      return bits << 16;
    }
    return ofNumber(to, modifiers, exact, number);
  }

  private static RoundingMode integral(String word) {
    return switch (word) {
      case "rni" -> RoundingMode.HALF_EVEN;
      case "rzi" -> RoundingMode.DOWN;
      case "rmi" -> RoundingMode.FLOOR;
      default -> RoundingMode.CEILING;
    };
  }

  private static BigInteger integer(PtxType type, long bits) {
    BigInteger value = new BigInteger(Long.toUnsignedString(bits));
    boolean negative = type.isSigned() && value.testBit(type.bits() - 1);
    return negative ? value.subtract(BigInteger.TWO.pow(type.bits())) : value;
  }

  private static long ofInteger(PtxType type, BigInteger value, boolean saturate) {
    BigInteger size = BigInteger.TWO.pow(type.bits());
    BigInteger least = type.isSigned() ? size.shiftRight(1).negate() : BigInteger.ZERO;
    BigInteger most = least.add(size).subtract(BigInteger.ONE);
    return (saturate ? value.max(least).min(most) : value).longValue();
  }

  /**
   * @param exact {@code null} for a zero, an infinity or NaN, which {@code number} is then
   */
  private static long ofNumber(String to, Set<String> modifiers, BigDecimal exact, double number) {
    Format format = format(to);
    Rounding rounding =
        modifiers.contains("rz")
            ? Rounding.ZERO
            : modifiers.contains("rm")
                ? Rounding.DOWN
                : modifiers.contains("rp")
                    ? Rounding.UP
                    : modifiers.contains("rna") ? Rounding.AWAY : Rounding.NEAREST;
    if (modifiers.contains("sat")) {
      boolean positive = exact != null ? exact.signum() > 0 : number > 0;
      if (!positive) {
        return 0;
      }
      exact = exact == null ? BigDecimal.ONE : exact.min(BigDecimal.ONE);
    }
    boolean finite = modifiers.contains("satfinite");
    long result;
    if (exact != null) {
      result = new Exact(exact).round(format, rounding, finite);
    } else if (to.equals("tf32") && number != number) {
      return 0x7fff_ffffL;
    } else {
      result = format.special(number);
      if (finite && Double.isInfinite(number)) {
        result--;
      }
    }
    if (modifiers.contains("ftz") && to.equals("f32")) {
      result = format.flush(result);
    }
    if (modifiers.contains("relu")) {
      result = format.clampBelow(result);
    }
    return to.equals("tf32") ? result << 13 : result;
  }

  private static void check(String mnemonic) {
    String[] words = mnemonic.split("\\.");
    SingleStep step =
        SingleStep.of(mnemonic)
            .out(type(words[words.length - 2]))
            .in(type(words[words.length - 1]));
    step.expect(in -> expected(mnemonic, in[0]));
    VectorForms.without(
        () -> {
          step.expect(in -> expected(mnemonic, in[0]));
          return null;
        });
  }

  static Stream<String> integerPairs() {
    return INTEGERS.stream()
        .flatMap(
            to ->
                INTEGERS.stream()
                    .flatMap(
                        from -> Stream.of("", "sat.").map(sat -> "cvt." + sat + to + "." + from)));
  }

  @ParameterizedTest
  @MethodSource("integerPairs")
  void integersAreExtendedCutOffOrClamped(String mnemonic) {
    check(mnemonic);
  }

  static Stream<String> floatsToIntegers() {
    return FLOATS.stream()
        .flatMap(
            from ->
                INTEGERS.stream()
                    .flatMap(
                        to ->
                            Stream.of("rni", "rzi", "rmi", "rpi")
                                .map(rounding -> "cvt." + rounding + "." + to + "." + from)));
  }

  @ParameterizedTest
  @MethodSource("floatsToIntegers")
  void floatsBecomeTheNearestIntegerInRange(String mnemonic) {
    check(mnemonic);
  }

  static Stream<String> integersToFloats() {
    return FLOATS.stream()
        .flatMap(
            to ->
                INTEGERS.stream()
                    .flatMap(
                        from ->
                            Stream.of("rn", "rz", "rm", "rp")
                                .map(rounding -> "cvt." + rounding + "." + to + "." + from)));
  }

  @ParameterizedTest
  @MethodSource("integersToFloats")
  void integersAreRoundedOnce(String mnemonic) {
    check(mnemonic);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cvt.rn.f32.f64",
        "cvt.rz.f32.f64",
        "cvt.rm.f32.f64",
        "cvt.rp.ftz.f32.f64",
        "cvt.rn.sat.f32.f64",
        "cvt.rn.f16.f64",
        "cvt.rp.f16.f64",
        "cvt.rn.bf16.f64",
        "cvt.rm.bf16.f64",
        "cvt.rn.f16.f32",
        "cvt.rz.f16.f32",
        "cvt.rm.f16.f32",
        "cvt.rp.f16.f32",
        "cvt.rn.ftz.f16.f32",
        "cvt.rn.sat.f16.f32",
        "cvt.rn.relu.f16.f32",
        "cvt.rz.relu.satfinite.f16.f32",
        "cvt.rn.bf16.f32",
        "cvt.rz.bf16.f32",
        "cvt.rp.bf16.f32",
        "cvt.rn.relu.bf16.f32",
        "cvt.rn.satfinite.bf16.f32",
        "cvt.rn.bf16.f16",
        "cvt.rz.f16.bf16",
        "cvt.rna.tf32.f32",
        "cvt.rna.satfinite.tf32.f32",
        "cvt.rn.tf32.f32",
        "cvt.rz.relu.tf32.f32",
        "cvt.rn.relu.satfinite.tf32.f32"
      })
  void narrowerFloatsAreRoundedOnce(String mnemonic) {
    check(mnemonic);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cvt.f64.f32",
        "cvt.ftz.f64.f32",
        "cvt.f64.f16",
        "cvt.rp.f64.bf16",
        "cvt.f32.f16",
        "cvt.ftz.f32.f16",
        "cvt.sat.f32.f16",
        "cvt.f32.bf16",
        "cvt.rn.f32.bf16",
        "cvt.sat.f64.f32"
      })
  void widerFloatsHoldTheNumber(String mnemonic) {
    check(mnemonic);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cvt.f32.f32",
        "cvt.ftz.f32.f32",
        "cvt.sat.f32.f32",
        "cvt.ftz.sat.f32.f32",
        "cvt.rni.f32.f32",
        "cvt.rzi.ftz.sat.f32.f32",
        "cvt.rmi.f32.f32",
        "cvt.rpi.f32.f32",
        "cvt.rni.f64.f64",
        "cvt.rzi.f64.f64",
        "cvt.rmi.f64.f64",
        "cvt.rpi.f64.f64",
        "cvt.f64.f64",
        "cvt.sat.f64.f64",
        "cvt.rni.f16.f16",
        "cvt.rzi.f16.f16",
        "cvt.f16.f16",
        "cvt.sat.f16.f16",
        "cvt.rpi.bf16.bf16",
        "cvt.rmi.bf16.bf16"
      })
  void floatsOfTheSameTypeAreRoundedToIntegersAndClamped(String mnemonic) {
    check(mnemonic);
  }

  @Test
  void registersWiderThanTheTypeAreExtendedByItsSign() {
    SingleStep.of("cvt.s8.s32").out(PtxType.S64).in(PtxType.S32).expect(in -> (byte) in[0]);
    SingleStep.of("cvt.s8.s32").out(PtxType.B32).in(PtxType.S32).expect(in -> (byte) in[0]);
    SingleStep.of("cvt.s8.s32").out(PtxType.B16).in(PtxType.S32).expect(in -> (byte) in[0]);
    SingleStep.of("cvt.u8.s32").out(PtxType.B64).in(PtxType.S32).expect(in -> in[0] & 0xff);
    SingleStep.of("cvt.s64.s16").out(PtxType.B64).in(PtxType.B32).expect(in -> (short) in[0]);
    SingleStep.of("cvt.u32.u8").out(PtxType.B32).in(PtxType.B64).expect(in -> in[0] & 0xff);
    SingleStep.of("cvt.rn.f16.f32")
        .out(PtxType.B32)
        .in(PtxType.B64)
        .expect(in -> expected("cvt.rn.f16.f32", in[0] & 0xffff_ffffL));
    SingleStep.of("cvt.rzi.s16.f32")
        .out(PtxType.B64)
        .in(PtxType.F32)
        .expect(in -> (short) expected("cvt.rzi.s16.f32", in[0]));
  }

  @Test
  void literalsAreConverted() {
    SingleStep.of("cvt.rn.f64.s32")
        .out(PtxType.F64)
        .literal(-7)
        .expect(in -> Double.doubleToRawLongBits(-7));
    SingleStep.of("cvt.u64.u32").out(PtxType.U64).literal(-1).expect(in -> 0xffff_ffffL);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cvt.s32.f32",
        "cvt.f32.s32",
        "cvt.f32.f64",
        "cvt.f16.f32",
        "cvt.rn.s32.f32",
        "cvt.rni.s32.s32",
        "cvt.rn.u16.u32",
        "cvt.rna.f16.f32",
        "cvt.rn.f32.f32",
        "cvt.rzi.f32.f16",
        "cvt.ftz.u64.u32",
        "cvt.rn.sat.bf16.f32",
        "cvt.rn.relu.f32.f64",
        "cvt.b32.f32"
      })
  void formsThatTheManualDoesNotKnowAreRefused(String mnemonic) {
    String[] words = mnemonic.split("\\.");
    SingleStep step =
        SingleStep.of(mnemonic)
            .out(type(words[words.length - 2]))
            .in(type(words[words.length - 1]));
    assertThatThrownBy(step::decode)
        .isInstanceOfAny(MalformedInstruction.class, UnsupportedInstruction.class);
  }

  @Test
  void stochasticRoundingIsUnsupported() {
    assertThatThrownBy(
            () ->
                SingleStep.of("cvt.rs.f16x2.f32")
                    .out(PtxType.F16X2)
                    .in(PtxType.F32)
                    .in(PtxType.F32)
                    .in(PtxType.B32)
                    .decode())
        .isInstanceOf(UnsupportedInstruction.class)
        .hasMessageContaining("stochastic");
  }

  @Test
  void packedIntegersAreClampedAndPutBesideTheThird() {
    for (int bits : new int[] {2, 4, 8}) {
      for (boolean signed : new boolean[] {false, true}) {
        int low = signed ? -(1 << (bits - 1)) : 0;
        int high = low + (1 << bits) - 1;
        SingleStep.of("cvt.pack.sat." + (signed ? "s" : "u") + bits + ".s32.b32")
            .out(PtxType.B32)
            .in(PtxType.S32)
            .in(PtxType.S32)
            .in(PtxType.B32)
            .expect(
                in ->
                    in[2] << 2 * bits
                        | pack((int) in[0], low, high, bits) << bits
                        | pack((int) in[1], low, high, bits));
      }
    }
    SingleStep.of("cvt.pack.sat.s16.s32")
        .out(PtxType.B32)
        .in(PtxType.S32)
        .in(PtxType.S32)
        .expect(
            in ->
                pack((int) in[0], Short.MIN_VALUE, Short.MAX_VALUE, 16) << 16
                    | pack((int) in[1], Short.MIN_VALUE, Short.MAX_VALUE, 16));
  }

  private static long pack(int value, int low, int high, int bits) {
    return Math.clamp((long) value, low, high) & ((1L << bits) - 1);
  }
}
