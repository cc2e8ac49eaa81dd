package dev.kiln.runtime.sim.isa.integer;

import static dev.kiln.runtime.sim.ptx.PtxType.B32;
import static dev.kiln.runtime.sim.ptx.PtxType.S32;
import static dev.kiln.runtime.sim.ptx.PtxType.U32;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.program.MalformedInstruction;
import dev.kiln.runtime.sim.ptx.PtxType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the manual's definitions, bit by bit. */
class BitFieldsTest {
  private static boolean bit(long value, long position) {
    return (value >>> position & 1) != 0;
  }

  @ParameterizedTest
  @EnumSource(names = {"B32", "B64"})
  void bitsAreCountedAndReversed(PtxType type) {
    int bits = type.bits();
    SingleStep.of("popc" + type)
        .out(U32)
        .in(type)
        .expect(
            in -> {
              long count = 0;
              for (int i = 0; i < bits; i++) {
                count += bit(in[0], i) ? 1 : 0;
              }
              return count;
            });
    SingleStep.of("clz" + type)
        .out(U32)
        .in(type)
        .expect(
            in -> {
              int zeros = 0;
              while (zeros < bits && !bit(in[0], bits - 1 - zeros)) {
                zeros++;
              }
              return zeros;
            });
    SingleStep.of("brev" + type)
        .out(type)
        .in(type)
        .expect(
            in -> {
              long reversed = 0;
              for (int i = 0; i < bits; i++) {
                reversed |= bit(in[0], i) ? 1L << bits - 1 - i : 0;
              }
              return reversed;
            });
  }

  @ParameterizedTest
  @EnumSource(names = {"U32", "S32", "U64", "S64"})
  void theHighestSignificantBitIsFound(PtxType type) {
    int top = type.bits() - 1;
    for (boolean shift : new boolean[] {false, true}) {
      SingleStep.of("bfind" + (shift ? ".shiftamt" : "") + type)
          .out(U32)
          .in(type)
          .expect(
              in -> {
                boolean sign = type.isSigned() && bit(in[0], top);
                for (int i = top; i >= 0; i--) {
                  if (bit(in[0], i) != sign) {
                    return shift ? top - i : i;
                  }
                }
                return -1;
              });
    }
  }

  @Test
  void theNthSetBitIsFoundInBothDirections() {
    long[] offsets = new long[32];
    for (int i = 0; i < 32; i++) {
      offsets[i] = i % 9 - 4 & 0xffff_ffffL;
    }
    for (int base = 0; base < 32; base++) {
      int from = base;
      SingleStep.of("fns.b32")
          .out(B32)
          .in(B32)
          .in(U32, base)
          .in(S32, offsets)
          .expect(in -> nthSet(in[0], from, (int) in[2]));
    }
  }

  /** The manual's loop. */
  private static long nthSet(long mask, int base, int offset) {
    if (offset == 0) {
      return bit(mask, base) ? base : -1;
    }
    int position = base;
    int count = Math.abs(offset) - 1;
    int step = offset > 0 ? 1 : -1;
    while (position >= 0 && position < 32) {
      if (bit(mask, position)) {
        if (count == 0) {
          return position;
        }
        count--;
      }
      position += step;
    }
    return -1;
  }

  @ParameterizedTest
  @EnumSource(names = {"U32", "S32", "U64", "S64"})
  void fieldsAreExtracted(PtxType type) {
    SingleStep.of("bfe" + type)
        .out(type)
        .in(type)
        .in(U32)
        .in(U32)
        .expect(in -> extracted(in, type));
    for (int length : new int[] {0, 1, 5, 16, 31, 32, 33, 63, 64, 65, 255, 256}) {
      SingleStep.of("bfe" + type)
          .out(type)
          .in(type)
          .in(U32)
          .in(U32, length)
          .expect(in -> extracted(in, type));
    }
  }

  private static long extracted(long[] in, PtxType type) {
    int top = type.bits() - 1;
    long position = in[1] & 0xff;
    long length = in[2] & 0xff;
    boolean sign =
        type.isSigned() && length != 0 && bit(in[0], Math.min(position + length - 1, top));
    long result = 0;
    for (int i = 0; i <= top; i++) {
      boolean set = i < length && position + i <= top ? bit(in[0], position + i) : sign;
      result |= set ? 1L << i : 0;
    }
    return result;
  }

  @ParameterizedTest
  @EnumSource(names = {"B32", "B64"})
  void fieldsAreInserted(PtxType type) {
    for (int length : new int[] {-1, 0, 1, 5, 31, 32, 63, 64, 65, 256}) {
      SingleStep step = SingleStep.of("bfi" + type).out(type).in(type).in(type).in(U32);
      if (length < 0) {
        step.in(U32);
      } else {
        step.in(U32, length);
      }
      step.expect(in -> inserted(in, type));
    }
  }

  private static long inserted(long[] in, PtxType type) {
    long result = in[1];
    long position = in[2] & 0xff;
    long length = in[3] & 0xff;
    for (long i = 0; i < length && position + i < type.bits(); i++) {
      long bit = 1L << position + i;
      result = bit(in[0], i) ? result | bit : result & ~bit;
    }
    return result;
  }

  @ParameterizedTest
  @ValueSource(strings = {"clamp", "wrap"})
  void wordsAreSignOrZeroExtendedFromAWidth(String mode) {
    for (PtxType type : new PtxType[] {U32, S32}) {
      SingleStep.of("szext." + mode + type)
          .out(type)
          .in(type)
          .in(U32)
          .expect(
              in -> {
                long width = in[1] & 31;
                if (mode.equals("clamp") && in[1] >= 32) {
                  return in[0];
                }
                boolean sign = type == S32 && width > 0 && bit(in[0], width - 1);
                long result = 0;
                for (int i = 0; i < 32; i++) {
                  result |= (i < width ? bit(in[0], i) : sign) ? 1L << i : 0;
                }
                return result;
              });
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"clamp", "wrap"})
  void masksHaveAPositionAndAWidth(String mode) {
    for (int position : new int[] {0, 1, 7, 31, 32, 33, -1}) {
      SingleStep.of("bmsk." + mode + ".b32")
          .out(B32)
          .in(U32, position)
          .in(U32)
          .expect(
              in -> {
                boolean clamp = mode.equals("clamp");
                long from = clamp ? in[0] : in[0] & 31;
                long width = clamp ? in[1] : in[1] & 31;
                long result = 0;
                for (int i = 0; i < 32; i++) {
                  result |= i >= from && i < from + width ? 1L << i : 0;
                }
                return result;
              });
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"popc.u32", "bfe.b32", "bmsk.b32", "brev.b16"})
  void wrongFormsAreRefused(String mnemonic) {
    SingleStep step = SingleStep.of(mnemonic).out(U32).in(U32).in(U32).in(U32);
    assertThatThrownBy(step::decode).isInstanceOf(MalformedInstruction.class);
  }
}
