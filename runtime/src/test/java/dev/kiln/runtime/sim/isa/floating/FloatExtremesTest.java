package dev.kiln.runtime.sim.isa.floating;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.isa.SingleStep.LaneFunction;
import dev.kiln.runtime.sim.isa.floating.Exact.Format;
import dev.kiln.runtime.sim.isa.vector.VectorForms;
import dev.kiln.runtime.sim.program.MalformedInstruction;
import dev.kiln.runtime.sim.program.UnsupportedInstruction;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FloatExtremesTest {
  /** The pseudocode of the manual, over numbers; {@code Double.compare} has -0 below +0. */
  private static long extreme(List<String> words, Format format, long a, long b) {
    if (words.contains("ftz")) {
      a = format.flush(a);
      b = format.flush(b);
    }
    long sign = (a ^ b) & format.sign();
    if (words.contains("abs")) {
      a &= ~format.sign();
      b &= ~format.sign();
    }
    double x = format.number(a);
    double y = format.number(b);
    boolean wide = format == Format.F64;
    long result;
    if (x != x && y != y) {
      result = wide ? a | 1L << 51 : format.nan;
    } else if (words.contains("NaN") && (x != x || y != y)) {
      result = format.nan;
    } else if (x != x || y != y) {
      result = x != x ? b : a;
    } else {
      boolean first = words.get(0).equals("min") == Double.compare(x, y) < 0;
      result = first ? a : b;
    }
    double value = format.number(result);
    return words.contains("xorsign") && value == value ? result & ~format.sign() | sign : result;
  }

  private static void check(String mnemonic, int operands) {
    List<String> words = List.of(mnemonic.split("\\."));
    PtxType type = PtxType.parse(words.getLast()).orElseThrow();
    SingleStep step = SingleStep.of(mnemonic).out(type);
    for (int i = 0; i < operands; i++) {
      step.in(type);
    }
    Format format =
        switch (type) {
          case F16, F16X2 -> Format.F16;
          case BF16, BF16X2 -> Format.BF16;
          case F32 -> Format.F32;
          default -> Format.F64;
        };
    boolean packed = type == PtxType.F16X2 || type == PtxType.BF16X2;
    LaneFunction expected =
        in -> {
          if (packed) {
            return extreme(words, format, in[0] & 0xffff, in[1] & 0xffff)
                | extreme(words, format, in[0] >>> 16, in[1] >>> 16) << 16;
          }
          long two = extreme(words, format, in[0], in[1]);
          return operands == 2 ? two : extreme(words, format, two, in[2]);
        };
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
        "min.f32",
        "max.f32",
        "min.ftz.f32",
        "max.ftz.NaN.f32",
        "max.NaN.f32",
        "min.xorsign.abs.f32",
        "max.NaN.ftz.xorsign.abs.f32",
        "min.f64",
        "max.f64",
        "min.f16",
        "max.ftz.NaN.f16",
        "max.ftz.NaN.xorsign.abs.f16x2",
        "min.f16x2",
        "min.bf16",
        "max.NaN.bf16x2",
        "max.xorsign.abs.bf16"
      })
  void nanLosesUnlessAskedForAndZerosAreOrdered(String mnemonic) {
    check(mnemonic, 2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"min.f32", "max.NaN.abs.f32", "max.ftz.abs.f32"})
  void threeSourcesAreComparedOneAfterTheOther(String mnemonic) {
    check(mnemonic, 3);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"min.abs.f32", "min.xorsign.f32", "max.f32x2", "max.NaN.f64", "max.ftz.bf16"})
  void formsThatTheManualDoesNotKnowAreRefused(String mnemonic) {
    PtxType type = PtxType.parse(mnemonic.substring(mnemonic.lastIndexOf('.') + 1)).orElseThrow();
    assertThatThrownBy(() -> SingleStep.of(mnemonic).out(type).in(type).in(type).run())
        .isInstanceOfAny(MalformedInstruction.class, UnsupportedInstruction.class);
  }
}
