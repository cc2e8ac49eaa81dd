package dev.kiln.compiler.ir;

/** Which doubles are numbers of the narrower float types. */
final class FloatLiterals {
  /**
   * A float format.
   *
   * @param precision significant bits, the implicit one included
   * @param smallestExponent of the smallest normal number
   * @param largest the largest finite number
   */
  private record Format(
      int precision, int smallestExponent, double largest, boolean infinities, boolean nan) {}

  private FloatLiterals() {}

  private static Format format(DType dtype) {
    return switch (dtype) {
      case FP8E5 -> new Format(3, -14, 57344, true, true);
      case FP8E4NV -> new Format(4, -6, 448, false, true);
      case FP8E4B15 -> new Format(4, -14, 1.875, false, false);
      case FP8E4B8 -> new Format(4, -7, 240, false, true);
      case FP8E5B16 -> new Format(3, -15, 57344, false, true);
      case FP16 -> new Format(11, -14, 65504, true, true);
      case BF16 -> new Format(8, -126, 0x1.FEp127, true, true);
      case FP32 -> new Format(24, -126, Float.MAX_VALUE, true, true);
      case FP64 -> new Format(53, -1022, Double.MAX_VALUE, true, true);
      case I1, I8, I16, I32, I64, U8, U16, U32, U64 ->
          throw new IllegalArgumentException(dtype + " is not a float");
    };
  }

  /** Whether the type has this very number. */
  static boolean holds(DType dtype, double value) {
    Format format = format(dtype);
    if (Double.isNaN(value)) {
      return format.nan;
    }
    if (Double.isInfinite(value)) {
      return format.infinities;
    }
    if (dtype == DType.FP64) {
      return true;
    }
    if (value == 0) {
      return 1 / value > 0 || !hasOneZero(dtype);
    }
    int exponent = Math.max(Math.getExponent(value), format.smallestExponent);
    double inUnits = Math.scalb(value, format.precision - 1 - exponent);
    return Math.abs(value) <= format.largest && inUnits == Math.rint(inUnits);
  }

  private static boolean hasOneZero(DType dtype) {
    return dtype == DType.FP8E4B8 || dtype == DType.FP8E5B16;
  }

  /** Whether every number of a type is one of another. */
  static boolean holdsAll(DType dtype, DType numbersOf) {
    Format wide = format(dtype);
    Format narrow = format(numbersOf);
    return wide.precision >= narrow.precision
        && wide.smallestExponent - wide.precision <= narrow.smallestExponent - narrow.precision
        && wide.largest >= narrow.largest
        && (wide.infinities || !narrow.infinities)
        && (wide.nan || !narrow.nan);
  }
}
