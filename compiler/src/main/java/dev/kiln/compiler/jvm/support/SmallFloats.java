package dev.kiln.compiler.jvm.support;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.compiler.numeric.FloatMath;

/**
 * Floats narrower than 32 bits, which generated code holds in a Java float that is rounded after
 * every operation. Means the same as {@link FloatFormat}, faster.
 */
public final class SmallFloats {
  private SmallFloats() {}

  public static float fp16(short bits) {
    return Float.float16ToFloat(bits);
  }

  public static float bf16(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  public static float fp8e5(byte bits) {
    return Float.float16ToFloat((short) (bits << 8));
  }

  public static float fp8e4nv(byte bits) {
    return FloatFormat.fp8ToFloat(DType.FP8E4NV, bits);
  }

  public static float fp8e4b15(byte bits) {
    return FloatFormat.fp8ToFloat(DType.FP8E4B15, bits);
  }

  public static float fp8e4b8(byte bits) {
    return FloatFormat.fp8ToFloat(DType.FP8E4B8, bits);
  }

  public static float fp8e5b16(byte bits) {
    return FloatFormat.fp8ToFloat(DType.FP8E5B16, bits);
  }

  public static short fp16Bits(float value) {
    return Float.floatToFloat16(value);
  }

  public static short bf16Bits(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (value != value) {
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }

  public static byte fp8e5Bits(float value) {
    return FloatFormat.floatToFp8(DType.FP8E5, value);
  }

  public static byte fp8e4nvBits(float value) {
    return FloatFormat.floatToFp8(DType.FP8E4NV, value);
  }

  public static byte fp8e4b15Bits(float value) {
    return FloatFormat.floatToFp8(DType.FP8E4B15, value);
  }

  public static byte fp8e4b8Bits(float value) {
    return FloatFormat.floatToFp8(DType.FP8E4B8, value);
  }

  public static byte fp8e5b16Bits(float value) {
    return FloatFormat.floatToFp8(DType.FP8E5B16, value);
  }

  public static float roundFp16(float value) {
    return Float.float16ToFloat(Float.floatToFloat16(value));
  }

  public static float roundBf16(float value) {
    return bf16(bf16Bits(value));
  }

  public static float roundFp8e5(float value) {
    return fp8e5(fp8e5Bits(value));
  }

  public static float roundFp8e4nv(float value) {
    return fp8e4nv(fp8e4nvBits(value));
  }

  public static float roundFp8e4b15(float value) {
    return fp8e4b15(fp8e4b15Bits(value));
  }

  public static float roundFp8e4b8(float value) {
    return fp8e4b8(fp8e4b8Bits(value));
  }

  public static float roundFp8e5b16(float value) {
    return fp8e5b16(fp8e5b16Bits(value));
  }

  /**
   * A double as the float that has the same rounding to any narrower type: cut off, with the last
   * bit set where something was lost.
   */
  public static float roundToOdd(double value) {
    float nearest = (float) value;
    if (nearest == value || value != value || (Float.floatToRawIntBits(nearest) & 1) != 0) {
      return nearest;
    }
    if (Float.isInfinite(nearest)) {
      return Math.copySign(Float.MAX_VALUE, nearest);
    }
    return nearest < value ? Math.nextUp(nearest) : Math.nextDown(nearest);
  }

  /** {@code a * b + c}, rounded once to the type. */
  public static float fma(float a, float b, float c, DType dtype) {
    return (float) FloatMath.fma(dtype, a, b, c);
  }

  public static float towardsZero(double value, DType dtype) {
    return (float) FloatFormat.roundTowardsZero(dtype, value);
  }

  public static float fromSigned(long value, DType dtype) {
    return (float) FloatFormat.roundLong(dtype, value, false);
  }

  public static float fromUnsigned(long value, DType dtype) {
    return (float) FloatFormat.roundLong(dtype, value, true);
  }
}
