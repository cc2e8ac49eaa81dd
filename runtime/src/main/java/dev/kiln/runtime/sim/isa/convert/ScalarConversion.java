package dev.kiln.runtime.sim.isa.convert;

import dev.kiln.runtime.sim.isa.floating.Arithmetic32;
import dev.kiln.runtime.sim.isa.floating.FloatCode;
import dev.kiln.runtime.sim.isa.floating.Rounding;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.Optional;

/**
 * {@code cvt} of one number. Results are the bits of the type, sign-extended to 64 if it is a
 * signed integer, else zero-extended.
 *
 * @param rounding of the result, where it may not hold the number
 * @param integral to an integer first, or for a float of the same type
 * @param flush {@code .ftz}: subnormal {@code .f32} operands and results become zeros
 * @param saturate {@code .sat}
 * @param finite {@code .satfinite}
 * @param positive {@code .relu}
 */
record ScalarConversion(
    PtxType to,
    PtxType from,
    Rounding rounding,
    Optional<Rounding> integral,
    boolean flush,
    boolean saturate,
    boolean finite,
    boolean positive) {
  private static final long WIDE_NAN = 0x7ff8_0000_0000_0000L;
  private static final int TF32_UNUSED_BITS = 13;

  /** The formats of up to 32 bits; {@code null} for other types. */
  static FloatCode code(PtxType type) {
    return switch (type) {
      case F16 -> FloatCode.F16;
      case BF16 -> FloatCode.BF16;
      case F32 -> FloatCode.F32;
      case TF32 -> FloatCode.TF32;
      default -> null;
    };
  }

  long of(long register) {
    if (!from.isFloat()) {
      long value = IntegerNumbers.value(from, register);
      return to.isFloat() ? ofInteger(value) : integerOfInteger(value);
    }
    if (from == PtxType.F64) {
      double number = Double.longBitsToDouble(register);
      return to == PtxType.F64 && number != number && !saturate
          ? register | WIDE_NAN
          : ofNumber(number);
    }
    FloatCode code = code(from);
    int bits = (int) register;
    if (flush && from == PtxType.F32) {
      bits = code.flush(bits);
    }
    if (to == PtxType.F32 && from == PtxType.BF16 && !saturate) {
      return (bits << 16) & 0xffff_ffffL; // a NaN keeps its bits, as on GPUs
    }
    double number = code.decode(bits);
    return to == PtxType.F64 && number != number && !saturate
        ? code.wideNan(bits)
        : ofNumber(number);
  }

  private long integerOfInteger(long value) {
    return IntegerNumbers.value(to, saturate ? IntegerNumbers.clamp(from, to, value) : value);
  }

  private long ofInteger(long value) {
    return to == PtxType.F64
        ? bits(IntegerNumbers.toDouble(from, value, rounding))
        : bits(IntegerNumbers.toOddDouble(from, value));
  }

  private long ofNumber(double number) {
    double value = integral.isPresent() ? integral.get().integral(number) : number;
    return to.isFloat() ? bits(value) : IntegerNumbers.ofDouble(to, value, from == PtxType.F64);
  }

  /** Bits of the result of a floating-point type. */
  private long bits(double value) {
    if (saturate && !(value > 0)) {
      return 0;
    }
    double clamped = saturate ? Math.min(value, 1) : value;
    if (to == PtxType.F64) {
      return Double.doubleToRawLongBits(clamped);
    }
    if (to == PtxType.F32) {
      int bits = Arithmetic32.round(clamped, rounding);
      return (flush ? FloatCode.F32.flush(bits) : bits) & 0xffff_ffffL;
    }
    if (to == PtxType.TF32) {
      return tf32(clamped) & 0xffff_ffffL;
    }
    return PackedConversion.encode(code(to), clamped, rounding, finite, positive);
  }

  private int tf32(double value) {
    return value != value
        ? Arithmetic32.NAN
        : PackedConversion.encode(FloatCode.TF32, value, rounding, finite, positive)
            << TF32_UNUSED_BITS;
  }
}
