package dev.kiln.compiler.numeric;

import dev.kiln.compiler.ir.DType;

/**
 * Exact conversions between numbers and the bits of the float types.
 *
 * <p>A {@code double} holds every value of every float type. Conversions to a type round once, from
 * the exact operand; they are right for subnormals, signed zeros, infinities and NaN:
 *
 * <ul>
 *   <li>Beyond the range: infinity in {@code fp8e5}, {@code fp16}, {@code bf16} and {@code fp32};
 *       the largest number in {@code fp8e4nv} and {@code fp8e4b15}; NaN in {@code fp8e4b8} and
 *       {@code fp8e5b16}. Infinities count as beyond the range. Towards zero, finite numbers give
 *       the largest number in every type.
 *   <li>NaN keeps its sign and the upper bits of its payload where the type has room for them, so
 *       that bits to double to bits is the identity; {@code fp8e4b15} has no NaN and gives its
 *       largest number.
 *   <li>{@code fp8e4b8} and {@code fp8e5b16} have one zero, to which -0 is rounded.
 * </ul>
 *
 * <p>Bits are held in the low bits of a {@code long}; the upper bits are 0 in results and ignored
 * in operands.
 */
public final class FloatFormat {
  private static final int DOUBLE_MANTISSA = 52;
  private static final int DOUBLE_BIAS = 1023;
  private static final long DOUBLE_FRACTION = (1L << DOUBLE_MANTISSA) - 1;
  private static final long DOUBLE_IMPLICIT = 1L << DOUBLE_MANTISSA;

  private static final Encoding[] ENCODINGS = encodings();
  private static final float[][] FP8_VALUES = fp8Values();

  private FloatFormat() {}

  /** What the codes above the largest finite number, and the sign of zero, mean. */
  private enum Specials {
    /** The largest exponent holds infinities and NaN. */
    IEEE,
    /** The largest code of each sign is NaN; no infinities; conversions saturate. */
    TOP_IS_NAN,
    /** Every code is a number; conversions saturate. */
    NONE,
    /** The code of -0 is NaN. */
    NEGATIVE_ZERO_IS_NAN
  }

  private record Encoding(int bits, int mantissa, int bias, Specials specials) {
    long sign() {
      return 1L << (bits - 1);
    }

    /** Code of the largest finite number. */
    long largest() {
      return switch (specials) {
        case IEEE -> infinity() - 1;
        case TOP_IS_NAN -> sign() - 2;
        case NONE, NEGATIVE_ZERO_IS_NAN -> sign() - 1;
      };
    }

    long infinity() {
      return sign() - (1L << mantissa);
    }
  }

  private static Encoding[] encodings() {
    var all = new Encoding[DType.values().length];
    all[DType.FP8E5.ordinal()] = new Encoding(8, 2, 15, Specials.IEEE);
    all[DType.FP8E4NV.ordinal()] = new Encoding(8, 3, 7, Specials.TOP_IS_NAN);
    all[DType.FP8E4B15.ordinal()] = new Encoding(8, 3, 15, Specials.NONE);
    all[DType.FP8E4B8.ordinal()] = new Encoding(8, 3, 8, Specials.NEGATIVE_ZERO_IS_NAN);
    all[DType.FP8E5B16.ordinal()] = new Encoding(8, 2, 16, Specials.NEGATIVE_ZERO_IS_NAN);
    all[DType.FP16.ordinal()] = new Encoding(16, 10, 15, Specials.IEEE);
    all[DType.BF16.ordinal()] = new Encoding(16, 7, 127, Specials.IEEE);
    all[DType.FP32.ordinal()] = new Encoding(32, 23, 127, Specials.IEEE);
    return all;
  }

  private static Encoding encoding(DType dtype) {
    Encoding encoding = ENCODINGS[dtype.ordinal()];
    if (encoding == null) {
      throw new IllegalArgumentException(dtype + " is not a float type");
    }
    return encoding;
  }

  /** The number that the bits of a float type stand for, exactly. */
  public static double fromBits(DType dtype, long bits) {
    return switch (dtype) {
      case FP64 -> Double.longBitsToDouble(bits);
      case FP32 -> {
        float value = Float.intBitsToFloat((int) bits);
        // The hardware would make a signalling NaN quiet.
        yield value == value ? value : decode(encoding(dtype), bits);
      }
      default -> decode(encoding(dtype), bits);
    };
  }

  /** Bits of the nearest number of the type, ties to even. */
  public static long toBits(DType dtype, double value) {
    return switch (dtype) {
      case FP64 -> Double.doubleToRawLongBits(value);
      case FP32 ->
          value == value
              ? Float.floatToRawIntBits((float) value) & 0xffff_ffffL
              : encode(encoding(dtype), value, true);
      default -> encode(encoding(dtype), value, true);
    };
  }

  /** Bits of the number of the type that is nearest among those of no larger magnitude. */
  public static long toBitsTowardsZero(DType dtype, double value) {
    return dtype == DType.FP64
        ? Double.doubleToRawLongBits(value)
        : encode(encoding(dtype), value, false);
  }

  /** The nearest number of the type, ties to even. */
  public static double round(DType dtype, double value) {
    return switch (dtype) {
      case FP64 -> value;
      case FP32 -> value == value ? (float) value : fromBits(dtype, toBits(dtype, value));
      default -> fromBits(dtype, toBits(dtype, value));
    };
  }

  /** The number of the type that is nearest among those of no larger magnitude. */
  public static double roundTowardsZero(DType dtype, double value) {
    return fromBits(dtype, toBitsTowardsZero(dtype, value));
  }

  /**
   * The nearest number of the type to an integer, ties to even.
   *
   * @param unsigned whether {@code value} counts as an unsigned 64-bit integer
   */
  public static double roundLong(DType dtype, long value, boolean unsigned) {
    boolean negative = !unsigned && value < 0;
    double magnitude =
        dtype == DType.FP64
            ? unsignedToDouble(negative ? -value : value)
            : unsignedToOddDouble(negative ? -value : value);
    return round(dtype, negative ? -magnitude : magnitude);
  }

  /** The largest finite number of the type. */
  public static double largest(DType dtype) {
    return dtype == DType.FP64 ? Double.MAX_VALUE : fromBits(dtype, encoding(dtype).largest());
  }

  /** Whether the type holds the number exactly; a zero's sign counts. */
  public static boolean holds(DType dtype, double value) {
    return Double.compare(round(dtype, value), value) == 0;
  }

  public static short floatToFp16(float value) {
    return Float.floatToFloat16(value);
  }

  public static float fp16ToFloat(short bits) {
    return Float.float16ToFloat(bits);
  }

  public static short floatToBf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (value != value) {
      int upper = bits >>> 16;
      return (short) ((upper & 0x7f) == 0 ? upper | 0x40 : upper);
    }
    // Adds just under a half, and one more where the last bit that stays is odd.
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  public static float bf16ToFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** The number that a byte of one of the {@code fp8} types stands for. */
  public static float fp8ToFloat(DType dtype, byte bits) {
    return FP8_VALUES[dtype.ordinal()][bits & 0xff];
  }

  public static byte floatToFp8(DType dtype, float value) {
    return (byte) encode(encoding(dtype), value, true);
  }

  private static float[][] fp8Values() {
    var values = new float[DType.values().length][];
    for (DType dtype : DType.values()) {
      if (dtype.isFp8()) {
        values[dtype.ordinal()] = new float[256];
        for (int i = 0; i < 256; i++) {
          values[dtype.ordinal()][i] = (float) decode(encoding(dtype), i);
        }
      }
    }
    return values;
  }

  private static double decode(Encoding to, long bits) {
    long sign = bits & to.sign();
    long code = bits & (to.sign() - 1);
    long doubleSign = sign == 0 ? 0 : Long.MIN_VALUE;
    if (to.specials == Specials.NEGATIVE_ZERO_IS_NAN && sign != 0 && code == 0) {
      return Double.NaN;
    }
    if (code > to.largest()) {
      long fraction =
          to.specials == Specials.TOP_IS_NAN ? 1L << (to.mantissa - 1) : code - to.infinity();
      return Double.longBitsToDouble(
          doubleSign
              | Double.doubleToRawLongBits(Double.POSITIVE_INFINITY)
              | fraction << (DOUBLE_MANTISSA - to.mantissa));
    }
    long exponent = code >>> to.mantissa;
    long fraction = code & ((1L << to.mantissa) - 1);
    double magnitude =
        exponent == 0
            ? Math.scalb((double) fraction, 1 - to.bias - to.mantissa)
            : Double.longBitsToDouble(
                (exponent - to.bias + DOUBLE_BIAS) << DOUBLE_MANTISSA
                    | fraction << (DOUBLE_MANTISSA - to.mantissa));
    return sign == 0 ? magnitude : -magnitude;
  }

  private static long encode(Encoding to, double value, boolean nearest) {
    long bits = Double.doubleToRawLongBits(value);
    long sign = bits < 0 ? to.sign() : 0;
    if (value != value) {
      return encodeNan(to, sign, bits & DOUBLE_FRACTION);
    }
    if (Double.isInfinite(value)) {
      return beyondRange(to, sign);
    }
    long code = encodeMagnitude(to, bits, nearest);
    if (code > to.largest()) {
      return nearest ? beyondRange(to, sign) : sign | to.largest();
    }
    return code == 0 && to.specials == Specials.NEGATIVE_ZERO_IS_NAN ? 0 : sign | code;
  }

  /** The code as if the exponent had no upper bound. */
  private static long encodeMagnitude(Encoding to, long bits, boolean nearest) {
    int biased = (int) (bits >>> DOUBLE_MANTISSA) & 0x7ff;
    if (biased == 0) {
      return 0; // far below half of every type's smallest number
    }
    int exponent = biased - DOUBLE_BIAS;
    int smallest = 1 - to.bias;
    int shift = DOUBLE_MANTISSA - to.mantissa + Math.max(0, smallest - exponent);
    if (shift > DOUBLE_MANTISSA + 1) {
      return 0;
    }
    long significand = bits & DOUBLE_FRACTION | DOUBLE_IMPLICIT;
    long kept = significand >>> shift;
    if (nearest) {
      long rest = significand & ((1L << shift) - 1);
      long half = 1L << (shift - 1);
      if (rest > half || (rest == half && (kept & 1) != 0)) {
        kept++;
      }
    }
    // A carry out of the fraction goes on into the exponent, which is what rounding up means.
    return exponent < smallest ? kept : ((long) (exponent + to.bias - 1) << to.mantissa) + kept;
  }

  private static long beyondRange(Encoding to, long sign) {
    return switch (to.specials) {
      case IEEE -> sign | to.infinity();
      case TOP_IS_NAN, NONE -> sign | to.largest();
      case NEGATIVE_ZERO_IS_NAN -> to.sign();
    };
  }

  private static long encodeNan(Encoding to, long sign, long payload) {
    return switch (to.specials) {
      case IEEE -> {
        long fraction = payload >>> (DOUBLE_MANTISSA - to.mantissa);
        yield sign | to.infinity() | (fraction == 0 ? 1L << (to.mantissa - 1) : fraction);
      }
      case TOP_IS_NAN -> sign | (to.sign() - 1);
      case NONE -> to.largest();
      case NEGATIVE_ZERO_IS_NAN -> to.sign();
    };
  }

  private static double unsignedToDouble(long value) {
    if (value >= 0) {
      return value;
    }
    // Halves it; the lost bit is kept in the last one, so that the conversion still rounds right.
    return 2.0 * ((value >>> 1) | (value & 1));
  }

  /**
   * Rounds to odd: cut off, with the last bit set if anything was lost. A second rounding to at
   * most 51 bits then gives what one rounding would have.
   */
  private static double unsignedToOddDouble(long value) {
    int excess = 64 - Long.numberOfLeadingZeros(value) - (DOUBLE_MANTISSA + 1);
    if (excess <= 0) {
      return value;
    }
    long kept = value >>> excess;
    long lost = value & ((1L << excess) - 1);
    return Math.scalb((double) (lost == 0 ? kept : kept | 1), excess);
  }
}
