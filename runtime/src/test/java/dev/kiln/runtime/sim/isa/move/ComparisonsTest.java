package dev.kiln.runtime.sim.isa.move;

import static dev.kiln.runtime.sim.isa.ExactIntegers.exact;
import static dev.kiln.runtime.sim.ptx.PtxType.B32;
import static dev.kiln.runtime.sim.ptx.PtxType.BF16;
import static dev.kiln.runtime.sim.ptx.PtxType.F16;
import static dev.kiln.runtime.sim.ptx.PtxType.F16X2;
import static dev.kiln.runtime.sim.ptx.PtxType.F32;
import static dev.kiln.runtime.sim.ptx.PtxType.PRED;
import static dev.kiln.runtime.sim.ptx.PtxType.S32;
import static dev.kiln.runtime.sim.ptx.PtxType.U16;
import static dev.kiln.runtime.sim.ptx.PtxType.U32;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.program.MalformedInstruction;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ComparisonsTest {
  /** Signs of a - b for which an operator holds. */
  private static final Map<String, List<Integer>> OPERATORS =
      Map.of(
          "eq", List.of(0),
          "ne", List.of(-1, 1),
          "lt", List.of(-1),
          "le", List.of(-1, 0),
          "gt", List.of(1),
          "ge", List.of(0, 1));

  private static final Map<String, String> UNSIGNED =
      Map.of("lo", "lt", "ls", "le", "hi", "gt", "hs", "ge");

  private static long holds(String op, long a, long b, PtxType type) {
    int sign = exact(a, type).compareTo(exact(b, type));
    return OPERATORS.get(UNSIGNED.getOrDefault(op, op)).contains(sign) ? 1 : 0;
  }

  @ParameterizedTest
  @EnumSource(names = {"U16", "S16", "U32", "S32", "U64", "S64"})
  void numbersAreOrdered(PtxType type) {
    for (String op : OPERATORS.keySet()) {
      SingleStep.of("setp." + op + type)
          .out(PRED)
          .in(type)
          .in(type)
          .expect(in -> holds(op, in[0], in[1], type));
      SingleStep.of("setp." + op + type)
          .out(PRED)
          .in(type)
          .literal(-1)
          .expect(in -> holds(op, in[0], -1, type));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"U16", "U32", "U64"})
  void unsignedOperatorsHaveNamesOfTheirOwn(PtxType type) {
    for (String op : UNSIGNED.keySet()) {
      SingleStep.of("setp." + op + type)
          .out(PRED)
          .in(type)
          .in(type)
          .expect(in -> holds(op, in[0], in[1], type));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"B16", "B32", "B64"})
  void bitsAreEqualOrNot(PtxType type) {
    SingleStep.of("setp.eq" + type)
        .out(PRED)
        .in(type)
        .in(type)
        .expect(in -> in[0] == in[1] ? 1 : 0);
    SingleStep.of("setp.ne" + type)
        .out(PRED)
        .in(type)
        .in(type)
        .expect(in -> in[0] != in[1] ? 1 : 0);
  }

  private static long combined(String op, long a, long b) {
    return switch (op) {
      case "and" -> a * b;
      case "or" -> Math.max(a, b);
      default -> a == b ? 0 : 1;
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"and", "or", "xor"})
  void resultsAreCombinedWithAPredicate(String op) {
    SingleStep.of("setp.lt." + op + ".s32")
        .out(PRED)
        .in(S32)
        .in(S32)
        .in(PRED)
        .expect(in -> combined(op, holds("lt", in[0], in[1], S32), in[2]));
    SingleStep.of("setp.ge." + op + ".u32")
        .outPair(PRED, PRED)
        .in(U32)
        .in(U32)
        .inNot()
        .verify(
            (in, out) -> {
              long holds = holds("ge", in[0], in[1], U32);
              assertThat(out)
                  .containsExactly(
                      combined(op, holds, 1 - in[2]), combined(op, 1 - holds, 1 - in[2]));
            });
  }

  @Test
  void theSecondPredicateIsTheComplement() {
    SingleStep.of("setp.gt.s32")
        .outPair(PRED, PRED)
        .in(S32)
        .in(S32)
        .verify((in, out) -> assertThat(out[1]).isEqualTo(1 - out[0]));
    SingleStep.of("setp.gt.s32")
        .outPair(null, PRED)
        .in(S32)
        .in(S32)
        .expect(in -> holds("le", in[0], in[1], S32));
  }

  @Test
  void aLiteralPredicateIsCombined() {
    SingleStep.of("setp.ne.and.b32")
        .inOut(PRED)
        .in(B32)
        .literal(0)
        .literal(1)
        .expect(in -> in[1] != 0 ? 1 : 0);
  }

  @Test
  void setWritesNumbers() {
    Map<PtxType, Long> truths =
        Map.of(
            U32, 0xffff_ffffL, S32, 0xffff_ffffL, F32, 0x3f80_0000L, F16, 0x3c00L, BF16, 0x3f80L);
    truths.forEach(
        (result, truth) -> {
          SingleStep.of("set.le" + result + ".s32")
              .out(result)
              .in(S32)
              .in(S32)
              .expect(in -> holds("le", in[0], in[1], S32) * truth);
          SingleStep.of("set.lt.xor" + result + ".u32")
              .out(result)
              .in(U32)
              .in(U32)
              .in(PRED)
              .expect(in -> (holds("lt", in[0], in[1], U32) ^ in[2]) * truth);
        });
  }

  @Test
  void floatsAreComparedWithAndWithoutNan() {
    for (String op : OPERATORS.keySet()) {
      for (boolean unordered : new boolean[] {false, true}) {
        SingleStep.of("setp." + op + (unordered ? "u" : "") + ".f32")
            .out(PRED)
            .in(F32)
            .in(F32)
            .expect(
                in -> {
                  float a = Float.intBitsToFloat((int) in[0]);
                  float b = Float.intBitsToFloat((int) in[1]);
                  if (Float.isNaN(a) || Float.isNaN(b)) {
                    return unordered ? 1 : 0;
                  }
                  int sign = a < b ? -1 : a > b ? 1 : 0;
                  return OPERATORS.get(op).contains(sign) ? 1 : 0;
                });
      }
    }
  }

  @Test
  void halvesAreComparedApart() {
    SingleStep.of("setp.lt.f16x2")
        .outPair(PRED, PRED)
        .in(F16X2)
        .in(F16X2)
        .verify(
            (in, out) ->
                assertThat(out).containsExactly(lessHalf(in, 0) ? 1 : 0, lessHalf(in, 16) ? 1 : 0));
    SingleStep.of("set.lt.f16x2.f16x2")
        .out(F16X2)
        .in(F16X2)
        .in(F16X2)
        .expect(in -> (lessHalf(in, 0) ? 0x3c00 : 0) | (lessHalf(in, 16) ? 0x3c00_0000 : 0));
    SingleStep.of("set.lt.f16.f16")
        .out(F16)
        .in(F16)
        .in(F16)
        .expect(in -> lessHalf(in, 0) ? 0x3c00 : 0);
  }

  @Test
  void halvesAndTheirPairsGiveIntegersToo() {
    SingleStep.of("set.lt.u16.f16")
        .out(U16)
        .in(F16)
        .in(F16)
        .expect(in -> lessHalf(in, 0) ? 0xffff : 0);
    SingleStep.of("set.lt.or.u32.f16x2")
        .out(U32)
        .in(F16X2)
        .in(F16X2)
        .in(PRED)
        .expect(
            in ->
                (lessHalf(in, 0) || in[2] == 1 ? 0xffff : 0)
                    | (lessHalf(in, 16) || in[2] == 1 ? 0xffff_0000L : 0));
    SingleStep.of("setp.lt.f16x2")
        .out(PRED)
        .in(F16X2)
        .in(F16X2)
        .expect(in -> lessHalf(in, 0) ? 1 : 0);
  }

  private static boolean lessHalf(long[] in, int shift) {
    return Float.float16ToFloat((short) (in[0] >> shift))
        < Float.float16ToFloat((short) (in[1] >> shift));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "setp.lt.b32",
        "setp.lo.s32",
        "setp.s32",
        "setp.ltu.s32",
        "setp.lt.ftz.s32",
        "set.lt.u32",
        "setp.lt.and.s32",
        "setp.num.u32"
      })
  void wrongFormsAreRefused(String mnemonic) {
    SingleStep step = SingleStep.of(mnemonic).out(PRED).in(S32).in(S32);
    assertThatThrownBy(step::decode).isInstanceOf(MalformedInstruction.class);
  }
}
