package dev.kiln.runtime.sim.isa.integer;

import static dev.kiln.runtime.sim.ptx.PtxType.S32;
import static dev.kiln.runtime.sim.ptx.PtxType.U32;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.program.MalformedInstruction;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.math.BigInteger;
import java.util.Map;
import java.util.function.BinaryOperator;
import org.junit.jupiter.api.Test;

class VideoInstructionsTest {
  private static final PtxType[] TYPES = {U32, S32};
  private static final Map<String, BinaryOperator<BigInteger>> OPERATIONS =
      Map.of(
          "vadd", BigInteger::add,
          "vsub", BigInteger::subtract,
          "vabsdiff", (a, b) -> a.subtract(b).abs(),
          "vmin", BigInteger::min,
          "vmax", BigInteger::max);

  /** A part of a register as a number. */
  private static BigInteger part(long word, int from, int width, PtxType type) {
    long bits = word >>> from & (1L << width) - 1;
    boolean negative = type == S32 && (bits >>> width - 1 & 1) != 0;
    return BigInteger.valueOf(negative ? bits - (1L << width) : bits);
  }

  private static BigInteger clamp(BigInteger value, int width, PtxType type) {
    BigInteger span = BigInteger.ONE.shiftLeft(type == S32 ? width - 1 : width);
    BigInteger least = type == S32 ? span.negate() : BigInteger.ZERO;
    return value.max(least).min(span.subtract(BigInteger.ONE));
  }

  @Test
  void wholeRegistersMayMixSigns() {
    for (var operation : OPERATIONS.entrySet()) {
      for (PtxType a : TYPES) {
        for (PtxType b : TYPES) {
          checkScalar(operation.getKey(), operation.getValue(), b, a, b);
        }
      }
    }
  }

  private static void checkScalar(
      String opcode, BinaryOperator<BigInteger> f, PtxType d, PtxType a, PtxType b) {
    SingleStep.of(opcode + d + a + b)
        .out(d)
        .in(a)
        .in(b)
        .expect(in -> f.apply(part(in[0], 0, 32, a), part(in[1], 0, 32, b)).longValue());
    SingleStep.of(opcode + d + a + b + ".sat")
        .out(d)
        .in(a)
        .in(b)
        .expect(
            in -> clamp(f.apply(part(in[0], 0, 32, a), part(in[1], 0, 32, b)), 32, d).longValue());
    SingleStep.of(opcode + d + a + b + ".sat.max")
        .out(d)
        .in(a)
        .in(b)
        .in(d)
        .expect(
            in ->
                clamp(f.apply(part(in[0], 0, 32, a), part(in[1], 0, 32, b)), 32, d)
                    .max(part(in[2], 0, 32, d))
                    .longValue());
  }

  @Test
  void shiftsClampOrWrapTheirAmount() {
    for (PtxType a : TYPES) {
      SingleStep.of("vshl.u32" + a + ".u32.clamp")
          .out(U32)
          .in(a)
          .in(U32)
          .expect(in -> part(in[0], 0, 32, a).shiftLeft((int) Math.min(in[1], 32)).longValue());
      SingleStep.of("vshr.s32" + a + ".u32.wrap")
          .out(S32)
          .in(a)
          .in(U32)
          .expect(in -> part(in[0], 0, 32, a).shiftRight((int) (in[1] % 32)).longValue());
    }
  }

  @Test
  void comparisonsGiveOneOrZero() {
    SingleStep.of("vset.s32.u32.lt")
        .out(U32)
        .in(S32)
        .in(U32)
        .expect(in -> (int) in[0] < in[1] ? 1 : 0);
    SingleStep.of("vset.u32.u32.ge.add")
        .out(U32)
        .in(U32)
        .in(U32)
        .in(U32)
        .expect(in -> in[2] + (in[0] >= in[1] ? 1 : 0));
  }

  @Test
  void multiplyAddScalesAndSaturates() {
    for (int shift : new int[] {0, 7, 15}) {
      String scale = shift == 0 ? "" : ".shr" + shift;
      for (PtxType a : TYPES) {
        PtxType c = a;
        for (boolean plusOne : new boolean[] {false, true}) {
          BigInteger one = plusOne ? BigInteger.ONE : BigInteger.ZERO;
          SingleStep.of("vmad" + a + a + a + (plusOne ? ".po" : "") + ".sat" + scale)
              .out(a)
              .in(a)
              .in(a)
              .in(c)
              .expect(
                  in -> {
                    BigInteger product = part(in[0], 0, 32, a).multiply(part(in[1], 0, 32, a));
                    BigInteger sum = product.add(part(in[2], 0, 32, c)).add(one);
                    return clamp(sum.shiftRight(shift), 32, a).longValue();
                  });
        }
      }
    }
  }

  @Test
  void halvesAndBytesAreTreatedApart() {
    for (var operation : OPERATIONS.entrySet()) {
      for (int count : new int[] {2, 4}) {
        for (PtxType type : TYPES) {
          checkPacked(operation.getKey() + count, operation.getValue(), count, type);
        }
      }
    }
  }

  private static void checkPacked(
      String opcode, BinaryOperator<BigInteger> f, int count, PtxType type) {
    int width = 32 / count;
    for (boolean saturates : new boolean[] {false, true}) {
      String mnemonic = opcode + type + type + type + (saturates ? ".sat" : "");
      SingleStep.of(mnemonic)
          .out(type)
          .in(type)
          .in(type)
          .in(type)
          .expect(
              in -> {
                long result = 0;
                for (int i = 0; i < count; i++) {
                  BigInteger value = packed(in, i * width, width, type, f, saturates);
                  result |= (value.longValue() & (1L << width) - 1) << i * width;
                }
                return result;
              });
      if (saturates) {
        continue;
      }
      SingleStep.of(mnemonic + ".add")
          .out(type)
          .in(type)
          .in(type)
          .in(type)
          .expect(
              in -> {
                BigInteger sum = BigInteger.valueOf(in[2]);
                for (int i = 0; i < count; i++) {
                  long value = packed(in, i * width, width, type, f, saturates).longValue();
                  sum = sum.add(part(value & 0xffff_ffffL, 0, width, type));
                }
                return sum.longValue();
              });
    }
  }

  private static BigInteger packed(
      long[] in,
      int from,
      int width,
      PtxType type,
      BinaryOperator<BigInteger> f,
      boolean saturates) {
    BigInteger value = f.apply(part(in[0], from, width, type), part(in[1], from, width, type));
    return saturates ? clamp(value, width, type) : value;
  }

  @Test
  void partsAreSelectedAndMerged() {
    String[] names = {"b0", "b1", "b2", "b3", "h0", "h1"};
    for (int i = 0; i < names.length; i++) {
      int width = i < 4 ? 8 : 16;
      int from = i < 4 ? 8 * i : 16 * (i - 4);
      SingleStep.of("vadd.s32.s32.u32.sat")
          .out(U32)
          .component(names[i])
          .in(U32)
          .component(names[5 - i])
          .in(U32)
          .component(names[i])
          .in(U32)
          .expect(in -> merged(in, from, width));
    }
  }

  /** The other selector is the one that mirrors it in the list of six. */
  private static long merged(long[] in, int from, int width) {
    int other = width == 16 ? from == 0 ? 8 : 0 : from == 0 ? 16 : from == 8 ? 0 : 40 - from;
    int otherWidth = width == 16 || from >= 16 ? 8 : 16;
    BigInteger sum = part(in[0], other, otherWidth, S32).add(part(in[1], from, width, U32));
    long mask = (1L << width) - 1 << from;
    return clamp(sum, width, S32).longValue() << from & mask | in[2] & ~mask;
  }

  @Test
  void packedPartsAreSelectedMaskedAndMerged() {
    SingleStep.of("vadd2.u32.u32.u32")
        .out(U32)
        .component("h1")
        .in(U32)
        .component("h03")
        .in(U32)
        .component("h21")
        .in(U32)
        .expect(
            in -> {
              // Part 1 takes h0 of a and h2, the low half of b; part 0 stays.
              long high = (in[0] & 0xffff) + (in[1] & 0xffff);
              return high << 16 | in[2] & 0xffff;
            });
    SingleStep.of("vmax4.s32.s32.s32.add")
        .out(S32)
        .component("b20")
        .in(S32)
        .component("b0123")
        .in(S32)
        .component("b7777")
        .in(S32)
        .expect(
            in ->
                in[2]
                    + Math.max((byte) (in[0] >> 24), (byte) (in[1] >> 24))
                    + Math.max((byte) (in[0] >> 8), (byte) (in[1] >> 24)));
  }

  @Test
  void averagesRoundAwayFromZero() {
    long[] out =
        SingleStep.of("vavrg4.s32.s32.s32")
            .out(S32)
            .in(S32, 0x03_fd_7f_80)
            .in(S32, 0x04_fc_7f_80)
            .in(S32, 0)
            .run()
            .out(0);
    // 3.5 to 4, -3.5 to -4.
    assertThat(out).containsOnly(0x04_fc_7f_80L);
  }

  @Test
  void anAbsoluteDifferenceOfBytesIsSummed() {
    long[] out =
        SingleStep.of("vabsdiff4.u32.u32.u32.add")
            .out(U32)
            .in(U32, 0x01_ff_10_00)
            .in(U32, 0x05_00_20_00)
            .in(U32, 1000)
            .run()
            .out(0);
    assertThat(out).containsOnly(1000L + 4 + 255 + 16);
  }

  @Test
  void wrongFormsAreRefused() {
    assertThatThrownBy(SingleStep.of("vadd.u32.u32").out(U32).in(U32).in(U32)::decode)
        .isInstanceOf(MalformedInstruction.class);
    assertThatThrownBy(SingleStep.of("vset.u32.u32").out(U32).in(U32).in(U32)::decode)
        .isInstanceOf(MalformedInstruction.class);
  }
}
