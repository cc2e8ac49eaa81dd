package dev.kiln.compiler.gpu.math;

import dev.kiln.compiler.ir.DType;

/**
 * How an fp8 type spells its numbers.
 *
 * @param mantissa bits of the fraction
 * @param largest code of the largest finite number
 */
record Fp8Format(int mantissa, int bias, int largest, Specials specials) {
  /** What stands beyond the largest number. */
  enum Specials {
    /** Infinity and NaN, as in IEEE 754. */
    IEEE,
    /** One NaN, {@code 0x7f}; conversions saturate. */
    TOP_IS_NAN,
    /** Nothing; conversions saturate. */
    NONE,
    /** One NaN, {@code 0x80}; there is no -0. */
    NEGATIVE_ZERO_IS_NAN
  }

  static Fp8Format of(DType dtype) {
    return switch (dtype) {
      case FP8E5 -> new Fp8Format(2, 15, 0x7b, Specials.IEEE);
      case FP8E4NV -> new Fp8Format(3, 7, 0x7e, Specials.TOP_IS_NAN);
      case FP8E4B15 -> new Fp8Format(3, 15, 0x7f, Specials.NONE);
      case FP8E4B8 -> new Fp8Format(3, 8, 0x7f, Specials.NEGATIVE_ZERO_IS_NAN);
      case FP8E5B16 -> new Fp8Format(2, 16, 0x7f, Specials.NEGATIVE_ZERO_IS_NAN);
      case I1, I8, I16, I32, I64, U8, U16, U32, U64, FP16, BF16, FP32, FP64 ->
          throw new IllegalArgumentException(dtype + " is not of fp8");
    };
  }
}
