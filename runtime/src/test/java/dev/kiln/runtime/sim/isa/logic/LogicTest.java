package dev.kiln.runtime.sim.isa.logic;

import static dev.kiln.runtime.sim.ptx.PtxType.B32;
import static dev.kiln.runtime.sim.ptx.PtxType.PRED;
import static dev.kiln.runtime.sim.ptx.PtxType.U32;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.program.MalformedInstruction;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.math.BigInteger;
import java.util.Map;
import java.util.Map.Entry;
import java.util.function.LongBinaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class LogicTest {
  /** Truth of each operator for one bit. */
  private static final Map<String, LongBinaryOperator> OPERATORS =
      Map.of(
          "and", (a, b) -> a + b == 2 ? 1 : 0,
          "or", (a, b) -> a + b > 0 ? 1 : 0,
          "xor", (a, b) -> a != b ? 1 : 0);

  @ParameterizedTest
  @EnumSource(names = {"PRED", "B16", "B32", "B64"})
  void bitsAreCombined(PtxType type) {
    for (Entry<String, LongBinaryOperator> operator : OPERATORS.entrySet()) {
      SingleStep.of(operator.getKey() + type)
          .out(type)
          .in(type)
          .in(type)
          .expect(
              in -> {
                long result = 0;
                for (int i = 0; i < type.bits(); i++) {
                  result |= operator.getValue().applyAsLong(in[0] >>> i & 1, in[1] >>> i & 1) << i;
                }
                return result;
              });
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"B16", "B32", "B64"})
  void complements(PtxType type) {
    SingleStep.of("not" + type).out(type).in(type).expect(in -> -1 - in[0]);
    SingleStep.of("cnot" + type).out(type).in(type).expect(in -> in[0] == 0 ? 1 : 0);
  }

  @Test
  void predicatesMayBeNegatedAndLiteral() {
    SingleStep.of("not.pred").out(PRED).in(PRED).expect(in -> 1 - in[0]);
    SingleStep.of("and.pred").out(PRED).in(PRED).inNot().expect(in -> in[0] & 1 - in[1]);
    SingleStep.of("xor.pred").out(PRED).in(PRED).literal(1).expect(in -> 1 - in[0]);
  }

  @Test
  void lop3LooksEveryBitUp() {
    for (int table = 0; table < 256; table++) {
      int function = table;
      SingleStep.of("lop3.b32")
          .out(B32)
          .in(B32, 0xff00_f0f0)
          .in(B32, 0xf0ff_cccc)
          .in(B32)
          .literal(table)
          .expect(in -> lookedUp(in, function));
    }
    SingleStep.of("lop3.b32")
        .out(B32)
        .in(B32)
        .in(B32)
        .in(B32)
        .literal(0x96)
        .expect(in -> in[0] ^ in[1] ^ in[2]);
  }

  private static long lookedUp(long[] in, int table) {
    long result = 0;
    for (int i = 0; i < 32; i++) {
      long index = (in[0] >>> i & 1) * 4 + (in[1] >>> i & 1) * 2 + (in[2] >>> i & 1);
      result |= (table >>> index & 1L) << i;
    }
    return result;
  }

  @Test
  void lop3AlsoTellsWhetherTheResultIsZero() {
    SingleStep.of("lop3.or.b32")
        .outPair(B32, PRED)
        .in(B32)
        .in(B32)
        .in(B32, 0x0000_ffff)
        .literal(0x80)
        .in(PRED)
        .verify(
            (in, out) -> {
              long value = in[0] & in[1] & in[2];
              assertThat(out[0]).isEqualTo(value);
              assertThat(out[1]).isEqualTo(value != 0 || in[3] == 1 ? 1 : 0);
            });
    SingleStep.of("lop3.and.b32")
        .outPair(null, PRED)
        .in(B32)
        .in(B32)
        .in(B32, 7)
        .literal(0xc0)
        .inNot()
        .expect(in -> (in[0] & in[1]) != 0 && in[3] == 0 ? 1 : 0);
  }

  @ParameterizedTest
  @EnumSource(names = {"B16", "B32", "B64"})
  void leftShiftsFillWithZeros(PtxType type) {
    BigInteger modulus = BigInteger.ONE.shiftLeft(type.bits());
    SingleStep.of("shl" + type)
        .out(type)
        .in(type)
        .in(U32)
        .expect(
            in ->
                new BigInteger(Long.toUnsignedString(in[0]))
                    .shiftLeft((int) Math.min(in[1], 64))
                    .mod(modulus)
                    .longValue());
  }

  @ParameterizedTest
  @EnumSource(names = {"B16", "B32", "B64", "U16", "U32", "U64", "S16", "S32", "S64"})
  void rightShiftsFillWithTheSign(PtxType type) {
    SingleStep.of("shr" + type)
        .out(type)
        .in(type)
        .in(U32)
        .expect(
            in -> {
              boolean sign = type.isSigned() && (in[0] >>> type.bits() - 1 & 1) != 0;
              long result = 0;
              for (long i = 0; i < type.bits(); i++) {
                long from = i + in[1];
                boolean set = from < type.bits() ? (in[0] >>> from & 1) != 0 : sign;
                result |= set ? 1L << i : 0;
              }
              return result;
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"l.wrap", "l.clamp", "r.wrap", "r.clamp"})
  void funnelShiftsTakeAWindowOfTwoWords(String mode) {
    for (int amount : new int[] {-2, -1, 0, 1, 8, 31, 32, 33, 63, 64}) {
      SingleStep step = SingleStep.of("shf." + mode + ".b32").out(B32).in(B32).in(B32);
      if (amount == -2) {
        step.in(U32);
      } else {
        step.in(U32, amount);
      }
      step.expect(
          in -> {
            int n = (int) (mode.endsWith("wrap") ? in[2] % 32 : Math.min(in[2], 32));
            BigInteger both =
                BigInteger.valueOf(in[1]).shiftLeft(32).add(BigInteger.valueOf(in[0]));
            return (mode.startsWith("l") ? both.shiftLeft(n).shiftRight(32) : both.shiftRight(n))
                .longValue();
          });
    }
  }

  @Test
  void permutationsPickBytesAndSigns() {
    SingleStep.of("prmt.b32")
        .out(B32)
        .in(B32)
        .in(B32)
        .in(B32)
        .expect(in -> permuted(in, nibbles(in[2])));
    SingleStep.of("prmt.b32")
        .out(B32)
        .in(B32, 0x8899_aabb)
        .in(B32, 0x0011_2233)
        .literal(0x7b30)
        .expect(in -> 0x00ff_88bbL);
  }

  private static int[] nibbles(long selector) {
    return new int[] {
      (int) selector & 15,
      (int) (selector >>> 4) & 15,
      (int) (selector >>> 8) & 15,
      (int) (selector >>> 12) & 15
    };
  }

  private static long permuted(long[] in, int[] nibbles) {
    long result = 0;
    for (int i = 0; i < 4; i++) {
      int index = nibbles[i] & 7;
      long value = (index < 4 ? in[0] >>> 8 * index : in[1] >>> 8 * (index - 4)) & 0xff;
      if (nibbles[i] >= 8) {
        value = value >= 0x80 ? 0xff : 0;
      }
      result |= value << 8 * i;
    }
    return result;
  }

  /** Rows of the manual's tables: which byte goes to places 3, 2, 1, 0 for selectors 0 to 3. */
  private static final Map<String, String[]> MODES =
      Map.of(
          "f4e", new String[] {"3210", "4321", "5432", "6543"},
          "b4e", new String[] {"5670", "6701", "7012", "0123"},
          "rc8", new String[] {"0000", "1111", "2222", "3333"},
          "ecl", new String[] {"3210", "3211", "3222", "3333"},
          "ecr", new String[] {"0000", "1110", "2210", "3210"},
          "rc16", new String[] {"1010", "3232", "1010", "3232"});

  @Test
  void permutationModesHaveTables() {
    MODES.forEach(
        (mode, rows) ->
            SingleStep.of("prmt.b32." + mode)
                .out(B32)
                .in(B32)
                .in(B32)
                .in(B32)
                .expect(
                    in -> {
                      String row = rows[(int) in[2] & 3];
                      int[] nibbles = new int[4];
                      for (int i = 0; i < 4; i++) {
                        nibbles[i] = row.charAt(3 - i) - '0';
                      }
                      return permuted(in, nibbles);
                    }));
  }

  @ParameterizedTest
  @ValueSource(strings = {"and.u32", "shl.s32", "lop3.b32", "shf.l.b32", "shf.wrap.b32"})
  void wrongFormsAreRefused(String mnemonic) {
    SingleStep step = SingleStep.of(mnemonic).out(U32).in(U32).in(U32).in(U32);
    assertThatThrownBy(step::decode).isInstanceOf(MalformedInstruction.class);
  }

  @Test
  void aTableBeyondAByteIsRefused() {
    SingleStep step = SingleStep.of("lop3.b32").out(B32).in(B32).in(B32).in(B32).literal(256);
    assertThatThrownBy(step::decode).isInstanceOf(MalformedInstruction.class);
  }
}
