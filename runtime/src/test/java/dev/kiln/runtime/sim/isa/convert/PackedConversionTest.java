package dev.kiln.runtime.sim.isa.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.isa.floating.Exact;
import dev.kiln.runtime.sim.isa.floating.Exact.Format;
import dev.kiln.runtime.sim.isa.floating.Rounding;
import dev.kiln.runtime.sim.isa.vector.VectorForms;
import dev.kiln.runtime.sim.program.MalformedInstruction;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.math.BigDecimal;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PackedConversionTest {
  private static Format format(PtxType packed) {
    return Format.valueOf(packed.name().replace("X2", ""));
  }

  private static long element(
      Format to, double number, Rounding rounding, boolean finite, boolean positive) {
    long bits;
    if (number != 0 && Double.isFinite(number)) {
      bits = new Exact(new BigDecimal(number)).round(to, rounding, finite);
    } else if (Double.isInfinite(number) && finite) {
      bits = to.largest() | (number < 0 ? to.sign() : 0);
    } else {
      bits = to.special(number);
    }
    return positive && (bits & to.sign()) != 0 ? 0 : bits;
  }

  private static void checkPair(String mnemonic) {
    String[] words = mnemonic.split("\\.");
    PtxType to = PtxType.parse(words[words.length - 2]).orElseThrow();
    Rounding rounding = words[1].equals("rz") ? Rounding.ZERO : Rounding.NEAREST;
    boolean finite = mnemonic.contains("satfinite");
    boolean positive = mnemonic.contains("relu");
    int shift = to.bits() / 2;
    SingleStep step = SingleStep.of(mnemonic).out(to).in(PtxType.F32).in(PtxType.F32);
    SingleStep.LaneFunction expected =
        in ->
            element(format(to), Format.F32.number(in[0]), rounding, finite, positive) << shift
                | element(format(to), Format.F32.number(in[1]), rounding, finite, positive);
    step.expect(expected);
    VectorForms.without(
        () -> {
          step.expect(expected);
          return null;
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cvt.rn.f16x2.f32",
        "cvt.rz.f16x2.f32",
        "cvt.rn.relu.f16x2.f32",
        "cvt.rn.relu.satfinite.f16x2.f32",
        "cvt.rn.bf16x2.f32",
        "cvt.rz.bf16x2.f32",
        "cvt.rz.relu.satfinite.bf16x2.f32",
        "cvt.rn.satfinite.e4m3x2.f32",
        "cvt.rn.satfinite.relu.e4m3x2.f32",
        "cvt.rn.satfinite.e5m2x2.f32",
        "cvt.rn.satfinite.e2m3x2.f32",
        "cvt.rn.satfinite.relu.e3m2x2.f32",
        "cvt.rn.satfinite.e2m1x2.f32"
      })
  void theFirstOfTwoSinglesBecomesTheUpperElement(String mnemonic) {
    checkPair(mnemonic);
  }

  /** Numbers at and beside the middle between two codes of each format. */
  @ParameterizedTest
  @EnumSource(
      value = PtxType.class,
      names = {"F16X2", "BF16X2", "E4M3X2", "E5M2X2", "E2M3X2", "E3M2X2", "E2M1X2"})
  void tiesGoToTheEvenCode(PtxType to) {
    Format format = format(to);
    long step = Math.max(1, format.largest() / 512);
    for (long code = 0; code < format.largest(); code += step) {
      double middle = format.magnitude(code).add(format.magnitude(code + 1)).doubleValue() / 2;
      float exact = (float) middle;
      long even = code + (code & 1);
      if (exact != middle) {
        continue;
      }
      assertSingle(to, exact, even);
      assertSingle(to, Math.nextUp(exact), code + 1);
      assertSingle(to, Math.nextDown(exact), code);
    }
  }

  private static void assertSingle(PtxType to, float value, long wanted) {
    String name = "cvt.rn.satfinite." + to.name().toLowerCase(Locale.ROOT) + ".f32";
    long out =
        SingleStep.of(name)
            .out(to)
            .in(PtxType.F32, Float.floatToRawIntBits(value))
            .in(PtxType.F32, 0)
            .run()
            .out(0)[0];
    assertThat(out >>> to.bits() / 2).as(name + " of " + value).isEqualTo(wanted);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cvt.rn.satfinite.e4m3x2.f16x2",
        "cvt.rn.satfinite.relu.e5m2x2.f16x2",
        "cvt.rn.satfinite.e2m1x2.f16x2"
      })
  void halvesBecomeEighths(String mnemonic) {
    PtxType to = PtxType.parse(mnemonic.split("\\.")[mnemonic.split("\\.").length - 2]).get();
    boolean positive = mnemonic.contains("relu");
    SingleStep.of(mnemonic)
        .out(to)
        .in(PtxType.F16X2)
        .expect(
            in ->
                element(
                            format(to),
                            Format.F16.number(in[0] >>> 16),
                            Rounding.NEAREST,
                            true,
                            positive)
                        << to.bits() / 2
                    | element(
                        format(to),
                        Format.F16.number(in[0] & 0xffff),
                        Rounding.NEAREST,
                        true,
                        positive));
  }

  @ParameterizedTest
  @EnumSource(
      value = PtxType.class,
      names = {"E4M3X2", "E5M2X2", "E2M3X2", "E3M2X2", "E2M1X2"})
  void everyCodeBecomesItsHalf(PtxType from) {
    Format format = format(from);
    int codes = (int) (format.sign() * 2);
    for (int first = 0; first < codes; first += 16) {
      long[] in = new long[32];
      for (int lane = 0; lane < 32; lane++) {
        int high = (first + lane) % codes;
        int low = (first + 3 * lane + 1) % codes;
        in[lane] = (long) high << from.bits() / 2 | low;
      }
      for (boolean positive : new boolean[] {false, true}) {
        SingleStep.of("cvt.rn." + (positive ? "relu." : "") + "f16x2." + from.word())
            .out(PtxType.F16X2)
            .in(from, in)
            .run()
            .forEachActive(
                (a, out) ->
                    assertThat(out[0])
                        .as("of " + Long.toHexString(a[0]))
                        .isEqualTo(
                            half(format, a[0] >>> from.bits() / 2, positive) << 16
                                | half(format, a[0] & ((1L << from.bits() / 2) - 1), positive)));
      }
    }
  }

  private static long half(Format format, long code, boolean positive) {
    return element(Format.F16, format.number(code), Rounding.NEAREST, false, positive);
  }

  @Test
  void powersOfTwoKeepTheExponentAlone() {
    for (boolean up : new boolean[] {false, true}) {
      for (boolean finite : new boolean[] {false, true}) {
        String mnemonic = "cvt." + (up ? "rp" : "rz") + (finite ? ".satfinite" : "") + ".ue8m0x2.";
        SingleStep.of(mnemonic + "f32")
            .out(PtxType.UE8M0X2)
            .in(PtxType.F32)
            .in(PtxType.F32)
            .expect(in -> exponent(in[0], up, finite) << 8 | exponent(in[1], up, finite));
        SingleStep.of(mnemonic + "bf16x2")
            .out(PtxType.UE8M0X2)
            .in(PtxType.BF16X2)
            .expect(
                in ->
                    exponent(in[0] & 0xffff_0000L, up, finite) << 8
                        | exponent(in[0] << 16 & 0xffff_0000L, up, finite));
      }
    }
    SingleStep.of("cvt.rn.bf16x2.ue8m0x2")
        .out(PtxType.BF16X2)
        .in(PtxType.UE8M0X2)
        .expect(in -> power(in[0] >>> 8) << 16 | power(in[0] & 0xff));
  }

  /** By comparing with powers of two. */
  private static long exponent(long bits, boolean up, boolean finite) {
    double value = Math.abs(Format.F32.number(bits));
    if (value != value) {
      return 0xff;
    }
    int code = 0;
    while (code < 255 && Math.scalb(1.0, code + 1 - 127) <= value) {
      code++;
    }
    if (up && Double.isFinite(value) && Math.scalb(1.0, code - 127) < value) {
      code++;
    }
    return finite ? Math.min(code, 254) : code;
  }

  private static long power(long code) {
    return code == 0xff
        ? 0x7fff
        : element(Format.BF16, Math.scalb(1.0, (int) code - 127), Rounding.NEAREST, false, false);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cvt.rn.e4m3x2.f32",
        "cvt.f16x2.f32",
        "cvt.rz.satfinite.e4m3x2.f32",
        "cvt.rp.f16x2.f32",
        "cvt.rn.ue8m0x2.f32",
        "cvt.rn.bf16x2.e5m2x2"
      })
  void formsThatTheManualDoesNotKnowAreRefused(String mnemonic) {
    String[] words = mnemonic.split("\\.");
    PtxType from = PtxType.parse(words[words.length - 1]).orElseThrow();
    SingleStep step =
        SingleStep.of(mnemonic).out(PtxType.parse(words[words.length - 2]).orElseThrow()).in(from);
    SingleStep complete = from == PtxType.F32 ? step.in(from) : step;
    assertThatThrownBy(complete::decode).isInstanceOf(MalformedInstruction.class);
  }
}
