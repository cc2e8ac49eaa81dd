package dev.kiln.runtime.sim.isa.async;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.sim.ptx.PtxType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ReductionTest {
  private static final BigInteger TWO = BigInteger.TWO;

  /** Memory after an operand has been combined into it. */
  private static long apply(String operation, PtxType type, long memory, long operand) {
    MemorySegment bytes = Arena.ofAuto().allocate(32, 16);
    int size = type.bytes();
    // Neighbours must not change.
    bytes.fill((byte) 0x5a);
    put(bytes, 8, size, memory);
    put(bytes, 16, size, operand);
    Reduction.of(operation, type).orElseThrow().apply(bytes, 16, bytes, 8, size);
    for (int i = 0; i < 16; i++) {
      if (i < 8 || i >= 8 + size) {
        assertThat(bytes.get(ValueLayout.JAVA_BYTE, i)).isEqualTo((byte) 0x5a);
      }
    }
    return get(bytes, 8, size);
  }

  private static void put(MemorySegment bytes, long offset, int size, long value) {
    for (int i = 0; i < size; i++) {
      bytes.set(ValueLayout.JAVA_BYTE, offset + i, (byte) (value >>> 8 * i));
    }
  }

  private static long get(MemorySegment bytes, long offset, int size) {
    long value = 0;
    for (int i = 0; i < size; i++) {
      value |= (bytes.get(ValueLayout.JAVA_BYTE, offset + i) & 0xffL) << 8 * i;
    }
    return value;
  }

  private static BigInteger number(PtxType type, long bits) {
    BigInteger unsigned = new BigInteger(Long.toUnsignedString(bits));
    boolean negative = type.isSigned() && unsigned.testBit(type.bits() - 1);
    return negative ? unsigned.subtract(TWO.pow(type.bits())) : unsigned;
  }

  private static long expected(String operation, PtxType type, long memory, long operand) {
    BigInteger a = number(type, memory);
    BigInteger b = number(type, operand);
    BigInteger result =
        switch (operation) {
          case "add" -> a.add(b);
          case "min" -> a.min(b);
          case "max" -> a.max(b);
          case "and" -> a.and(b);
          case "or" -> a.or(b);
          case "xor" -> a.xor(b);
          case "inc" -> a.compareTo(b) >= 0 ? BigInteger.ZERO : a.add(BigInteger.ONE);
          default -> a.signum() == 0 || a.compareTo(b) > 0 ? b : a.subtract(BigInteger.ONE);
        };
    return result.mod(TWO.pow(type.bits())).longValue();
  }

  @ParameterizedTest
  @CsvSource({
    "add,U32", "add,S32", "add,U64", "add,S64", "min,U32", "min,S32", "min,U64", "min,S64",
    "max,U32", "max,S32", "max,U64", "max,S64", "and,B32", "and,B64", "or,B32", "or,B64",
    "xor,B32", "xor,B64", "inc,U32", "dec,U32"
  })
  void integersAreExact(String operation, PtxType type) {
    SplittableRandom random = new SplittableRandom(5);
    long mask = type.bits() == 64 ? -1 : (1L << type.bits()) - 1;
    long[] special = {0, 1, 2, -1, -2, 1L << type.bits() - 1, (1L << type.bits() - 1) - 1};
    for (int i = 0; i < 500; i++) {
      long a = (i < 49 ? special[i / 7] : random.nextLong() >> random.nextInt(64)) & mask;
      long b = (i < 49 ? special[i % 7] : random.nextLong() >> random.nextInt(64)) & mask;
      assertThat(apply(operation, type, a, b))
          .as("%s %x %x", operation, a, b)
          .isEqualTo(expected(operation, type, a, b));
    }
  }

  /** The nearest value of a format with few bits to an exact one, ties to even; by trying all. */
  private static long nearest(PtxType type, BigDecimal exact, boolean negativeZero) {
    long best = 0;
    BigDecimal bestDistance = null;
    long infinity = type == PtxType.F16 ? 0x7c00 : 0x7f80;
    int low = 0;
    int high = (int) infinity;
    BigDecimal magnitude = exact.abs();
    // Codes ascend with their values.
    while (low < high - 1) {
      int middle = (low + high) >>> 1;
      if (value(type, middle).compareTo(magnitude) <= 0) {
        low = middle;
      } else {
        high = middle;
      }
    }
    for (int code : new int[] {low, high}) {
      BigDecimal value =
          code == infinity
              ? value(type, code - 1).add(value(type, code - 1).subtract(value(type, code - 2)))
              : value(type, code);
      BigDecimal distance = value.subtract(magnitude).abs();
      int order = bestDistance == null ? -1 : distance.compareTo(bestDistance);
      if (order < 0 || order == 0 && (code & 1) == 0) {
        best = code;
        bestDistance = distance;
      }
    }
    boolean negative = exact.signum() < 0 || exact.signum() == 0 && negativeZero;
    return negative ? best | 0x8000 : best;
  }

  private static BigDecimal value(PtxType type, long bits) {
    return new BigDecimal(
        type == PtxType.F16
            ? Float.float16ToFloat((short) bits)
            : Float.intBitsToFloat((int) bits << 16));
  }

  @ParameterizedTest
  @EnumSource(
      value = PtxType.class,
      names = {"F16", "BF16"})
  void halvesAreRoundedOnce(PtxType type) {
    SplittableRandom random = new SplittableRandom(7);
    long infinity = type == PtxType.F16 ? 0x7c00 : 0x7f80;
    for (int i = 0; i < 3000; i++) {
      long a = random.nextInt(0x10000);
      long b = i % 2 == 0 ? random.nextInt(0x10000) : a ^ 0x8000 ^ random.nextInt(64);
      if ((a & 0x7fff) >= infinity || (b & 0x7fff) >= infinity) {
        continue;
      }
      boolean negativeZero = a == 0x8000 && b == 0x8000;
      long sum = nearest(type, value(type, a).add(value(type, b)), negativeZero);
      assertThat(apply("add", type, a, b)).as("%x + %x", a, b).isEqualTo(sum);
    }
    assertThat(apply("add", type, infinity, infinity | 0x8000)).isEqualTo(0x7fff);
    assertThat(apply("add", type, infinity, 0x3c00)).isEqualTo(infinity);
    assertThat(apply("add", type, infinity + 1, 0)).isEqualTo(0x7fff);
    assertThat(apply("add", type, 1, 1)).isEqualTo(2); // subnormals are kept
  }

  @ParameterizedTest
  @EnumSource(
      value = PtxType.class,
      names = {"F16", "BF16"})
  void extremesOfHalvesPreferNumbersAndOrderZeros(PtxType type) {
    long nan = 0x7fc1;
    assertThat(apply("max", type, nan, 0x3c00)).isEqualTo(0x3c00);
    assertThat(apply("min", type, 0x3c00, nan)).isEqualTo(0x3c00);
    assertThat(apply("min", type, nan, nan)).isEqualTo(0x7fff);
    assertThat(apply("min", type, 0, 0x8000)).isEqualTo(0x8000);
    assertThat(apply("max", type, 0x8000, 0)).isEqualTo(0);
    assertThat(apply("max", type, 0xbc00, 0x3c00)).isEqualTo(0x3c00);
    assertThat(apply("min", type, 0xbc00, 0x3c00)).isEqualTo(0xbc00);
  }

  @Test
  void singlesFlushSubnormals() {
    assertThat(add(1.5f, 2.25f)).isEqualTo(Float.floatToRawIntBits(3.75f));
    assertThat(add(Float.MIN_VALUE, Float.MIN_VALUE)).isZero();
    assertThat(add(-Float.MIN_VALUE, -Float.MIN_VALUE)).isEqualTo(0x8000_0000L);
    assertThat(add(Float.MIN_NORMAL * 1.5f, -Float.MIN_NORMAL)).isZero();
    assertThat(add(Float.NaN, 1)).isEqualTo(0x7fff_ffffL);
    assertThat(add(16777216f, 1)).isEqualTo(Float.floatToRawIntBits(16777216f));
  }

  private static long add(float a, float b) {
    return apply("add", PtxType.F32, bits(a), bits(b));
  }

  private static long bits(float value) {
    return Float.floatToRawIntBits(value) & 0xffff_ffffL;
  }

  @Test
  void doublesAreAdded() {
    long sum =
        apply("add", PtxType.F64, Double.doubleToRawLongBits(0.1), Double.doubleToRawLongBits(0.2));
    assertThat(Double.longBitsToDouble(sum)).isEqualTo(0.1 + 0.2);
  }

  @Test
  void whatTheManualDoesNotListIsNotThere() {
    assertThat(Reduction.of("min", PtxType.F32)).isEmpty();
    assertThat(Reduction.of("max", PtxType.F64)).isEmpty();
    assertThat(Reduction.of("inc", PtxType.S32)).isEmpty();
    assertThat(Reduction.of("add", PtxType.U16)).isEmpty();
    assertThat(Reduction.of("xor", PtxType.F32)).isEmpty();
  }
}
