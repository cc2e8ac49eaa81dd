package dev.kiln.runtime.sim.isa.floating;

/**
 * Floating-point formats of up to 32 bits: codes to numbers and back. A {@code double} holds every
 * number of each. A number that was rounded to odd in a {@code double} ({@link Odd}) may stand for
 * the exact one: rounding it here gives what one rounding of the exact number would.
 */
public enum FloatCode {
  F32(32, 23, 127, Top.INFINITY, 0x7fff_ffff),
  F16(16, 10, 15, Top.INFINITY, 0x7fff),
  BF16(16, 7, 127, Top.INFINITY, 0x7fff),
  /** The 19 upper bits of a {@code .b32} register, here moved down. */
  TF32(19, 10, 127, Top.INFINITY, 0x3_ffff),
  E5M2(8, 2, 15, Top.INFINITY, 0x7f),
  E4M3(8, 3, 7, Top.NAN, 0x7f),
  E3M2(6, 2, 3, Top.NUMBER, 0x1f),
  E2M3(6, 3, 1, Top.NUMBER, 0x1f),
  E2M1(4, 1, 1, Top.NUMBER, 0x7);

  private static final int FRACTION = 52;
  private static final int BIAS = 1023;

  private final int bits;
  private final int mantissa;
  private final int bias;
  private final Top top;
  private final int nan;
  private final int largest;

  /** What the codes with the largest exponent stand for. */
  private enum Top {
    INFINITY,
    /** Numbers, but for the last code, which is NaN. */
    NAN,
    NUMBER
  }

  FloatCode(int bits, int mantissa, int bias, Top top, int nan) {
    this.bits = bits;
    this.mantissa = mantissa;
    this.bias = bias;
    this.top = top;
    this.nan = nan;
    int codes = (int) ((1L << (bits - 1)) - 1);
    this.largest =
        switch (top) {
          case INFINITY -> codes - (1 << mantissa);
          case NAN -> codes - 1;
          case NUMBER -> codes;
        };
  }

  /** Width of a code. */
  public int bits() {
    return bits;
  }

  /** The canonical NaN; the largest number in formats without NaN, as conversions give it. */
  public int nan() {
    return nan;
  }

  /** The number that a code stands for; upper bits of {@code code} do not matter. */
  public double decode(int code) {
    switch (this) {
      case F32:
        return Float.intBitsToFloat(code);
      case F16:
        return Float.float16ToFloat((short) code);
      case BF16:
        return Float.intBitsToFloat(code << 16);
      case TF32:
        return Float.intBitsToFloat(code << 13);
      default:
        return decodeSmall(code);
    }
  }

  private double decodeSmall(int code) {
    int sign = 1 << (bits - 1);
    int magnitude = code & (sign - 1);
    double value;
    if (magnitude > largest) {
      value = top == Top.INFINITY && magnitude == largest + 1 ? 1.0 / 0.0 : Double.NaN;
    } else {
      int exponent = magnitude >>> mantissa;
      int fraction = magnitude & ((1 << mantissa) - 1);
      value =
          exponent == 0
              ? Math.scalb((double) fraction, 1 - bias - mantissa)
              : Math.scalb((double) (fraction + (1 << mantissa)), exponent - bias - mantissa);
    }
    return (code & sign) == 0 ? value : -value;
  }

  /** The code of a number that the format holds after rounding; NaN is canonical. */
  public int encode(double value, Rounding rounding) {
    return encode(value, rounding, false);
  }

  /**
   * The code of a number.
   *
   * @param saturate {@code .satfinite}: infinities and numbers beyond the range become the largest
   *     finite number
   */
  public int encode(double value, Rounding rounding, boolean saturate) {
    if (value != value) {
      return nan;
    }
    long raw = Double.doubleToRawLongBits(value);
    boolean negative = raw < 0;
    int sign = negative ? 1 << (bits - 1) : 0;
    boolean finiteOnly = saturate || top != Top.INFINITY;
    if (Double.isInfinite(value)) {
      return sign | (finiteOnly ? largest : largest + 1);
    }
    long code = magnitude(raw, negative, rounding);
    if (code > largest) {
      return sign | (finiteOnly || rounding.staysFinite(negative) ? largest : largest + 1);
    }
    return sign | (int) code;
  }

  /** The code as if the exponent had no upper bound. */
  private long magnitude(long raw, boolean negative, Rounding rounding) {
    int biased = (int) (raw >>> FRACTION) & 0x7ff;
    long fraction = raw & ((1L << FRACTION) - 1);
    long significand = biased == 0 ? fraction : fraction | 1L << FRACTION;
    int exponent = Math.max(biased, 1) - BIAS;
    int smallest = 1 - bias;
    // Beyond 60 nothing stays but the knowledge that something was there.
    int shift = Math.min(60, FRACTION - mantissa + Math.max(0, smallest - exponent));
    long kept = significand >>> shift;
    long rest = significand & ((1L << shift) - 1);
    if (rounding.increases(negative, kept, rest, 1L << (shift - 1))) {
      kept++;
    }
    // A carry out of the fraction goes on into the exponent, which is what rounding up means.
    return exponent < smallest ? kept : ((long) (exponent + bias - 1) << mantissa) + kept;
  }

  /** The {@code .f64} of a NaN: quiet, with its sign and payload. */
  public long wideNan(int code) {
    long sign = (code >>> (bits - 1) & 1L) << 63;
    long fraction = code & ((1L << mantissa) - 1);
    return sign | 0x7ff8_0000_0000_0000L | fraction << (FRACTION - mantissa);
  }

  /** A subnormal number becomes a zero of its sign. */
  public int flush(int code) {
    int sign = 1 << (bits - 1);
    return ((code & (sign - 1)) >>> mantissa) == 0 ? code & sign : code;
  }
}
