package dev.kiln.runtime.sim.isa.floating;

import static dev.kiln.runtime.sim.ptx.PtxType.BF16;
import static dev.kiln.runtime.sim.ptx.PtxType.BF16X2;
import static dev.kiln.runtime.sim.ptx.PtxType.F16;
import static dev.kiln.runtime.sim.ptx.PtxType.F16X2;
import static dev.kiln.runtime.sim.ptx.PtxType.F32;
import static dev.kiln.runtime.sim.ptx.PtxType.F32X2;
import static dev.kiln.runtime.sim.ptx.PtxType.F64;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.isa.SingleStep.LaneFunction;
import dev.kiln.runtime.sim.isa.floating.Exact.Format;
import dev.kiln.runtime.sim.isa.vector.VectorForms;
import dev.kiln.runtime.sim.program.MalformedInstruction;
import dev.kiln.runtime.sim.program.UnsupportedInstruction;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FloatArithmeticTest {
  private static final Map<String, Rounding> ROUNDINGS =
      Map.of("rn", Rounding.NEAREST, "rz", Rounding.ZERO, "rm", Rounding.DOWN, "rp", Rounding.UP);

  /** What an instruction without {@code .ftz} and clamps does, by its mnemonic. */
  private static LaneFunction plain(String mnemonic, Format format) {
    String[] words = mnemonic.split("\\.");
    Rounding rounding = ROUNDINGS.getOrDefault(words.length > 1 ? words[1] : "", Rounding.NEAREST);
    Reference reference = new Reference(format, rounding);
    return switch (words[0]) {
      case "add" -> in -> reference.add(in[0], in[1]);
      case "sub" -> in -> reference.sub(in[0], in[1]);
      case "mul" -> in -> reference.mul(in[0], in[1]);
      case "fma", "mad" -> in -> reference.fma(in[0], in[1], in[2]);
      case "div" -> in -> reference.div(in[0], in[1]);
      case "rcp" -> in -> reference.rcp(in[0]);
      case "sqrt" -> in -> reference.sqrt(in[0]);
      default -> throw new IllegalArgumentException(mnemonic);
    };
  }

  /** With {@code .ftz}, {@code .sat} and {@code .relu}. */
  private static LaneFunction scalar(String mnemonic, Format format) {
    LaneFunction plain = plain(mnemonic, format);
    Set<String> words = Set.of(mnemonic.split("\\."));
    return in -> {
      long[] operands = in.clone();
      for (int i = 0; i < operands.length && words.contains("ftz"); i++) {
        operands[i] = format.flush(operands[i]);
      }
      long result = plain.of(operands);
      result = words.contains("ftz") ? format.flush(result) : result;
      result = words.contains("relu") ? format.clampBelow(result) : result;
      return words.contains("sat") ? format.saturate(result) : result;
    };
  }

  /** Of both halves. */
  private static LaneFunction packed(LaneFunction half, int bits) {
    long mask = (1L << bits) - 1;
    return in -> {
      long[] low = new long[in.length];
      long[] high = new long[in.length];
      for (int i = 0; i < in.length; i++) {
        low[i] = in[i] & mask;
        high[i] = in[i] >>> bits & mask;
      }
      return half.of(low) | half.of(high) << bits;
    };
  }

  private static void check(String mnemonic) {
    PtxType type = PtxType.parse(mnemonic.substring(mnemonic.lastIndexOf('.') + 1)).orElseThrow();
    LaneFunction expected =
        switch (type) {
          case F16 -> scalar(mnemonic, Format.F16);
          case BF16 -> scalar(mnemonic, Format.BF16);
          case F32 -> scalar(mnemonic, Format.F32);
          case F64 -> scalar(mnemonic, Format.F64);
          case F16X2 -> packed(scalar(mnemonic, Format.F16), 16);
          case BF16X2 -> packed(scalar(mnemonic, Format.BF16), 16);
          case F32X2 -> packed(scalar(mnemonic, Format.F32), 32);
          default -> throw new IllegalArgumentException(mnemonic);
        };
    int operands =
        switch (mnemonic.substring(0, mnemonic.indexOf('.'))) {
          case "rcp", "sqrt" -> 1;
          case "fma", "mad" -> 3;
          default -> 2;
        };
    SingleStep step = SingleStep.of(mnemonic).out(type);
    for (int i = 0; i < operands; i++) {
      step.in(type);
    }
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
        "add.f32",
        "add.rz.f32",
        "add.rm.f32",
        "add.rp.ftz.f32",
        "add.rn.ftz.sat.f32",
        "add.ftz.f32",
        "sub.f32",
        "sub.rm.sat.f32",
        "sub.ftz.f32",
        "mul.f32",
        "mul.rz.f32",
        "mul.rm.f32",
        "mul.rp.f32",
        "mul.ftz.f32",
        "mul.sat.f32",
        "fma.rn.f32",
        "fma.rz.f32",
        "fma.rm.f32",
        "fma.rp.f32",
        "fma.rn.ftz.f32",
        "fma.rm.ftz.sat.f32",
        "mad.rn.f32"
      })
  void sumsAndProductsOfSinglesRoundOnce(String mnemonic) {
    check(mnemonic);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "div.rn.f32",
        "div.rz.f32",
        "div.rm.f32",
        "div.rp.f32",
        "div.rn.ftz.f32",
        "rcp.rn.f32",
        "rcp.rz.f32",
        "rcp.rm.f32",
        "rcp.rp.ftz.f32",
        "rcp.rn.ftz.f32",
        "sqrt.rn.f32",
        "sqrt.rz.f32",
        "sqrt.rm.f32",
        "sqrt.rp.f32",
        "sqrt.rn.ftz.f32"
      })
  void quotientsAndRootsOfSinglesRoundOnce(String mnemonic) {
    check(mnemonic);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "add.f64",
        "add.rz.f64",
        "add.rm.f64",
        "add.rp.f64",
        "sub.f64",
        "sub.rp.f64",
        "mul.f64",
        "mul.rz.f64",
        "mul.rm.f64",
        "mul.rp.f64",
        "div.rn.f64",
        "div.rz.f64",
        "div.rm.f64",
        "div.rp.f64",
        "rcp.rn.f64",
        "rcp.rp.f64",
        "sqrt.rn.f64",
        "sqrt.rz.f64",
        "sqrt.rm.f64",
        "sqrt.rp.f64"
      })
  void doublesRoundOnce(String mnemonic) {
    check(mnemonic);
  }

  @ParameterizedTest
  @ValueSource(strings = {"fma.rn.f64", "fma.rz.f64", "fma.rm.f64", "fma.rp.f64", "mad.rz.f64"})
  void fusedDoublesRoundOnce(String mnemonic) {
    check(mnemonic);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "add.f16",
        "add.rn.ftz.sat.f16",
        "sub.f16",
        "mul.f16",
        "mul.ftz.f16",
        "fma.rn.f16",
        "fma.rn.ftz.f16",
        "fma.rn.sat.f16",
        "fma.rn.ftz.relu.f16",
        "add.f16x2",
        "sub.ftz.f16x2",
        "mul.sat.f16x2",
        "fma.rn.f16x2",
        "fma.rn.relu.f16x2"
      })
  void halvesRoundOnce(String mnemonic) {
    check(mnemonic);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "add.bf16",
        "sub.rn.bf16",
        "mul.bf16",
        "fma.rn.bf16",
        "fma.rn.relu.bf16",
        "add.bf16x2",
        "sub.bf16x2",
        "mul.bf16x2",
        "fma.rn.bf16x2",
        "fma.rn.relu.bf16x2"
      })
  void bfloatsRoundOnce(String mnemonic) {
    check(mnemonic);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "add.f32x2",
        "add.rn.ftz.f32x2",
        "sub.rz.f32x2",
        "mul.rm.f32x2",
        "fma.rp.ftz.f32x2"
      })
  void bothHalvesOfAPairOfSinglesAreComputed(String mnemonic) {
    check(mnemonic);
  }

  @ParameterizedTest
  @ValueSource(strings = {"f16", "bf16"})
  void mixedPrecisionWidensTheNarrowOperands(String narrow) {
    PtxType type = PtxType.parse(narrow).orElseThrow();
    Format format = narrow.equals("f16") ? Format.F16 : Format.BF16;
    Reference nearest = new Reference(Format.F32, Rounding.NEAREST);
    Reference zero = new Reference(Format.F32, Rounding.ZERO);
    SingleStep.of("add.f32." + narrow)
        .out(F32)
        .in(type)
        .in(F32)
        .expect(in -> nearest.add(widen(format, in[0]), in[1]));
    SingleStep.of("sub.rz.sat.f32." + narrow)
        .out(F32)
        .in(type)
        .in(F32)
        .expect(in -> Format.F32.saturate(zero.sub(widen(format, in[0]), in[1])));
    SingleStep.of("fma.rz.f32." + narrow)
        .out(F32)
        .in(type)
        .in(type)
        .in(F32)
        .expect(in -> zero.fma(widen(format, in[0]), widen(format, in[1]), in[2]));
  }

  private static long widen(Format format, long bits) {
    double value = format.number(bits);
    return value == 0 || !Double.isFinite(value)
        ? Format.F32.special(value)
        : new Exact(new java.math.BigDecimal(value)).round(Format.F32, Rounding.NEAREST, false);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"fma.f32", "mad.f32", "fma.sat.relu.rn.f16", "add.rz.f16", "mul.rp.bf16x2"})
  void formsThatTheManualDoesNotKnowAreRefused(String mnemonic) {
    PtxType type = PtxType.parse(mnemonic.substring(mnemonic.lastIndexOf('.') + 1)).orElseThrow();
    SingleStep step = SingleStep.of(mnemonic).out(type).in(type).in(type).in(type);
    assertThatThrownBy(step::decode)
        .isInstanceOfAny(MalformedInstruction.class, UnsupportedInstruction.class);
  }

  @Test
  void aTieGoesToTheEvenNeighbour() {
    // 1 + 2^-24 lies in the middle of 1 and its successor; 1 + 3 * 2^-24 above its middle.
    assertLane("add.rn.f32", 1f, 0x1p-24f, 1f);
    assertLane("add.rn.f32", Math.nextUp(1f), 0x1p-24f, Math.nextUp(Math.nextUp(1f)));
    assertLane("add.rp.f32", 1f, 0x1p-60f, Math.nextUp(1f));
    assertLane("add.rm.f32", 1f, -0x1p-60f, Math.nextDown(1f));
    assertLane("add.rz.f32", -1f, 0x1p-60f, -Math.nextDown(1f));
    assertLane("add.rm.f32", 1f, -1f, -0f);
  }

  private static void assertLane(String mnemonic, float a, float b, float wanted) {
    SingleStep.of(mnemonic)
        .out(F32)
        .in(F32, Float.floatToRawIntBits(a))
        .in(F32, Float.floatToRawIntBits(b))
        .expect(in -> Float.floatToRawIntBits(wanted));
  }
}
