package dev.kiln.compiler.numeric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

class FloatFormatTest {
  private static long codes(DType dtype) {
    return 1L << dtype.bits();
  }

  private static long sign(DType dtype) {
    return 1L << (dtype.bits() - 1);
  }

  @ParameterizedTest
  @EnumSource(names = {"FP16", "BF16", "FP8E5", "FP8E4NV", "FP8E4B15", "FP8E4B8", "FP8E5B16"})
  void everyBitPatternSurvivesTheWayToDoubleAndBack(DType dtype) {
    for (long bits = 0; bits < codes(dtype); bits++) {
      double value = FloatFormat.fromBits(dtype, bits);
      assertThat(FloatFormat.toBits(dtype, value)).as("%s %#x", dtype, bits).isEqualTo(bits);
      assertThat(FloatFormat.toBitsTowardsZero(dtype, value)).isEqualTo(bits);
    }
  }

  @Test
  void fp32PatternsSurviveSignallingNansIncluded() {
    var random = new SplittableRandom(1);
    for (int i = 0; i < 200_000; i++) {
      long bits = random.nextInt() & 0xffff_ffffL;
      assertThat(FloatFormat.toBits(DType.FP32, FloatFormat.fromBits(DType.FP32, bits)))
          .isEqualTo(bits);
    }
    long signalling = 0x7f80_0001L;
    assertThat(FloatFormat.toBits(DType.FP32, FloatFormat.fromBits(DType.FP32, signalling)))
        .isEqualTo(signalling);
  }

  /** The formats' definitions, computed with {@code Math.pow}. */
  @ParameterizedTest
  @EnumSource(names = {"FP16", "BF16", "FP8E5", "FP8E4NV", "FP8E4B15", "FP8E4B8", "FP8E5B16"})
  void finiteCodesMeanWhatTheFormatSays(DType dtype) {
    int mantissa =
        switch (dtype) {
          case FP16 -> 10;
          case BF16 -> 7;
          case FP8E5, FP8E5B16 -> 2;
          default -> 3;
        };
    int bias =
        switch (dtype) {
          case BF16 -> 127;
          case FP8E4NV -> 7;
          case FP8E4B8 -> 8;
          case FP8E5B16 -> 16;
          default -> 15;
        };
    int finite = 0;
    for (long code = 0; code < sign(dtype); code++) {
      double value = FloatFormat.fromBits(dtype, code);
      if (!Double.isFinite(value)) {
        continue;
      }
      long exponent = code >> mantissa;
      double fraction = (code & ((1 << mantissa) - 1)) / (double) (1 << mantissa);
      double expected =
          exponent == 0
              ? fraction * Math.pow(2, 1 - bias)
              : (1 + fraction) * Math.pow(2, exponent - bias);
      assertThat(value).as("%s %#x", dtype, code).isEqualTo(expected);
      finite++;
    }
    long notNumbers =
        switch (dtype) {
          case FP8E4B15, FP8E4B8, FP8E5B16 -> 0;
          case FP8E4NV -> 1;
          default -> 1L << mantissa;
        };
    assertThat(finite).isEqualTo(sign(dtype) - notNumbers);
  }

  @Test
  void specialCodes() {
    assertThat(FloatFormat.largest(DType.FP8E4NV)).isEqualTo(448);
    assertThat(FloatFormat.largest(DType.FP8E4B15)).isEqualTo(1.875);
    assertThat(FloatFormat.largest(DType.FP8E4B8)).isEqualTo(240);
    assertThat(FloatFormat.largest(DType.FP8E5)).isEqualTo(57344);
    assertThat(FloatFormat.largest(DType.FP8E5B16)).isEqualTo(57344);
    assertThat(FloatFormat.largest(DType.FP16)).isEqualTo(65504);
    assertThat(FloatFormat.largest(DType.FP32)).isEqualTo(Float.MAX_VALUE);
    assertThat(FloatFormat.fromBits(DType.FP8E4NV, 0x7f)).isNaN();
    assertThat(FloatFormat.fromBits(DType.FP8E4B8, 0x80)).isNaN();
    assertThat(FloatFormat.fromBits(DType.FP8E5B16, 0x80)).isNaN();
    assertThat(FloatFormat.fromBits(DType.FP8E5, 0xfc)).isEqualTo(Double.NEGATIVE_INFINITY);
  }

  @Test
  void beyondTheRangeFollowsTheFormat() {
    for (double big : new double[] {1e9, Double.POSITIVE_INFINITY}) {
      assertThat(FloatFormat.round(DType.FP8E5, big)).isInfinite();
      assertThat(FloatFormat.round(DType.FP16, -big)).isEqualTo(Double.NEGATIVE_INFINITY);
      assertThat(FloatFormat.round(DType.FP8E4NV, -big)).isEqualTo(-448);
      assertThat(FloatFormat.round(DType.FP8E4B15, big)).isEqualTo(1.875);
      assertThat(FloatFormat.round(DType.FP8E4B8, big)).isNaN();
      assertThat(FloatFormat.round(DType.FP8E5B16, -big)).isNaN();
    }
    assertThat(FloatFormat.round(DType.FP16, 65519.999)).isEqualTo(65504);
    assertThat(FloatFormat.round(DType.FP16, 65520)).isInfinite();
    assertThat(FloatFormat.roundTowardsZero(DType.FP16, 1e300)).isEqualTo(65504);
    assertThat(FloatFormat.roundTowardsZero(DType.FP8E5B16, -1e9)).isEqualTo(-57344);
    assertThat(FloatFormat.roundTowardsZero(DType.FP16, Double.NEGATIVE_INFINITY)).isInfinite();
  }

  @Test
  void signOfZeroStaysWhereThereAreTwoZeros() {
    assertThat(FloatFormat.toBits(DType.FP16, -0.0)).isEqualTo(0x8000);
    assertThat(FloatFormat.toBits(DType.FP8E4NV, -1e-30)).isEqualTo(0x80);
    assertThat(FloatFormat.toBits(DType.FP8E4B8, -0.0)).isZero();
    assertThat(FloatFormat.toBits(DType.FP8E5B16, -1e-30)).isZero();
    assertThat(FloatFormat.holds(DType.FP8E4B8, -0.0)).isFalse();
    assertThat(FloatFormat.holds(DType.BF16, -0.0)).isTrue();
    assertThat(FloatFormat.toBits(DType.FP32, Double.MIN_VALUE)).isZero();
  }

  /** Between every pair of neighbours: the middle goes to the even one, both sides to theirs. */
  @ParameterizedTest
  @EnumSource(names = {"FP16", "BF16", "FP8E5", "FP8E4NV", "FP8E4B15", "FP8E4B8", "FP8E5B16"})
  void roundsToNearestEvenAtEveryBorder(DType dtype) {
    for (long code = 0; code + 1 < sign(dtype); code++) {
      double low = FloatFormat.fromBits(dtype, code);
      double high = FloatFormat.fromBits(dtype, code + 1);
      if (!Double.isFinite(low) || !Double.isFinite(high)) {
        break;
      }
      double middle = (low + high) / 2; // exact: a double has bits to spare
      assertThat(FloatFormat.toBits(dtype, middle)).isEqualTo(code + (code & 1));
      assertThat(FloatFormat.toBits(dtype, Math.nextDown(middle))).isEqualTo(code);
      assertThat(FloatFormat.toBits(dtype, Math.nextUp(middle))).isEqualTo(code + 1);
      assertThat(FloatFormat.toBits(dtype, -Math.nextUp(middle)) & (sign(dtype) - 1))
          .isEqualTo(code + 1);
      assertThat(FloatFormat.toBitsTowardsZero(dtype, Math.nextDown(high))).isEqualTo(code);
      assertThat(FloatFormat.toBitsTowardsZero(dtype, middle)).isEqualTo(code);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FP16", "BF16", "FP8E5", "FP8E4NV", "FP8E4B15", "FP8E4B8", "FP8E5B16"})
  void randomDoublesGoToTheNearestOfAllValues(DType dtype) {
    var random = new SplittableRandom(dtype.ordinal());
    long largest = FloatFormat.toBits(dtype, FloatFormat.largest(dtype));
    for (int i = 0; i < 3000; i++) {
      double value = Math.abs(FloatFormat.fromBits(dtype, random.nextLong(largest)));
      value *= random.nextDouble();
      assertThat(FloatFormat.toBits(dtype, value)).isEqualTo(nearest(dtype, value, largest));
    }
  }

  private static long nearest(DType dtype, double value, long largest) {
    long low = 0;
    long high = largest;
    while (high - low > 1) {
      long middle = (low + high) / 2;
      if (FloatFormat.fromBits(dtype, middle) <= value) {
        low = middle;
      } else {
        high = middle;
      }
    }
    var exact = new BigDecimal(value);
    int compared =
        exact
            .subtract(new BigDecimal(FloatFormat.fromBits(dtype, low)))
            .compareTo(new BigDecimal(FloatFormat.fromBits(dtype, high)).subtract(exact));
    return compared < 0 || (compared == 0 && (low & 1) == 0) ? low : high;
  }

  @Test
  void integersRoundOnce() {
    var random = new SplittableRandom(7);
    for (int i = 0; i < 20_000; i++) {
      long value = random.nextLong() >> random.nextInt(64);
      value = random.nextBoolean() ? value : value >>> 20 << 20 | random.nextInt(3) - 1;
      var signed = BigDecimal.valueOf(value);
      var unsigned = new BigDecimal(new BigInteger(Long.toUnsignedString(value)));
      assertThat(FloatFormat.roundLong(DType.FP32, value, false)).isEqualTo(signed.floatValue());
      assertThat(FloatFormat.roundLong(DType.FP64, value, false)).isEqualTo(signed.doubleValue());
      assertThat(FloatFormat.roundLong(DType.FP32, value, true)).isEqualTo(unsigned.floatValue());
      assertThat(FloatFormat.roundLong(DType.FP64, value, true)).isEqualTo(unsigned.doubleValue());
    }
    // Through a double this would round twice: first to the middle, then to even.
    long justAboveMiddle = (1L << 60) + (1L << 36) + 1;
    assertThat(FloatFormat.roundLong(DType.FP32, justAboveMiddle, false))
        .isEqualTo((double) (1L << 60) + (1L << 37));
    assertThat(FloatFormat.roundLong(DType.FP16, 65519, false)).isEqualTo(65504);
    assertThat(FloatFormat.roundLong(DType.FP16, -65520, false)).isInfinite();
    assertThat(FloatFormat.roundLong(DType.BF16, -1, true)).isEqualTo(0x1p64);
    assertThat(FloatFormat.roundLong(DType.FP64, -1, true)).isEqualTo(0x1p64);
  }

  @Test
  void fastPathsAgreeWithTheGeneralOne() {
    var random = new SplittableRandom(3);
    for (int i = 0; i < 200_000; i++) {
      float value = Float.intBitsToFloat(random.nextInt());
      if (Float.isNaN(value)) {
        assertThat(FloatFormat.bf16ToFloat(FloatFormat.floatToBf16(value))).isNaN();
        assertThat(FloatFormat.fp16ToFloat(FloatFormat.floatToFp16(value))).isNaN();
        continue;
      }
      assertThat(FloatFormat.floatToFp16(value))
          .isEqualTo((short) FloatFormat.toBits(DType.FP16, value));
      assertThat(FloatFormat.floatToBf16(value))
          .isEqualTo((short) FloatFormat.toBits(DType.BF16, value));
    }
    for (int i = 0; i < 65536; i++) {
      assertThat((Object) (double) FloatFormat.bf16ToFloat((short) i))
          .isEqualTo(FloatFormat.fromBits(DType.BF16, i));
      assertThat((Object) (double) FloatFormat.fp16ToFloat((short) i))
          .isEqualTo(FloatFormat.fromBits(DType.FP16, i));
    }
    for (int i = 0; i < 256; i++) {
      float value = FloatFormat.fp8ToFloat(DType.FP8E4NV, (byte) i);
      assertThat((Object) (double) value).isEqualTo(FloatFormat.fromBits(DType.FP8E4NV, i));
      assertThat(FloatFormat.floatToFp8(DType.FP8E4NV, value)).isEqualTo((byte) i);
    }
    assertThat(FloatFormat.floatToBf16(Float.intBitsToFloat(0x7f80_0001)))
        .isEqualTo((short) 0x7fc0);
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.MATCH_ALL, names = "[IU].*")
  void integerTypesAreRefused(DType dtype) {
    assertThatThrownBy(() -> FloatFormat.toBits(dtype, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(dtype + " is not a float type");
  }
}
