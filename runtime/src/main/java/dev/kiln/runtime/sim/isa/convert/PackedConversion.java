package dev.kiln.runtime.sim.isa.convert;

import dev.kiln.runtime.sim.isa.floating.FloatCode;
import dev.kiln.runtime.sim.isa.floating.Rounding;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.function.IntUnaryOperator;

/**
 * Conversions of two numbers, packed in a register or, of type {@code .f32}, in two: the halves of
 * results and operands.
 */
final class PackedConversion {
  private static final int EXPONENT_BIAS = 127;
  private static final int EXPONENT_NAN = 0xff;
  private static final int SMALLEST_EXPONENT_BITS = 0x0040_0000;

  private PackedConversion() {}

  /** The format of one element of a packed type, or {@code null}. */
  static FloatCode code(PtxType type) {
    return switch (type) {
      case F16X2 -> FloatCode.F16;
      case BF16X2 -> FloatCode.BF16;
      case E4M3X2 -> FloatCode.E4M3;
      case E5M2X2 -> FloatCode.E5M2;
      case E2M3X2 -> FloatCode.E2M3;
      case E3M2X2 -> FloatCode.E3M2;
      case E2M1X2 -> FloatCode.E2M1;
      default -> null;
    };
  }

  /** Where the upper element of a packed type begins; six-bit elements take a byte each. */
  static int shift(PtxType type) {
    return type.bits() / 2;
  }

  /** The code of a number; NaN and, with {@code positive}, negative numbers are clamped. */
  static int encode(
      FloatCode code, double value, Rounding rounding, boolean finite, boolean positive) {
    int bits = code.encode(value, rounding, finite);
    return positive && (bits >>> (code.bits() - 1)) != 0 ? 0 : bits;
  }

  /**
   * The function from the bits of one operand to those of one element of the result.
   *
   * @param from a packed type, or {@code F32}
   */
  static IntUnaryOperator element(
      DecodeContext context,
      PtxType to,
      PtxType from,
      Rounding rounding,
      boolean finite,
      boolean positive) {
    if (to == PtxType.UE8M0X2) {
      if (positive || (rounding != Rounding.ZERO && rounding != Rounding.UP)) {
        throw context.malformed(".ue8m0x2 needs .rz or .rp");
      }
      boolean up = rounding == Rounding.UP;
      return switch (from) {
        case F32 -> bits -> exponent(bits, up, finite);
        case BF16X2 -> bits -> exponent(bits << 16, up, finite);
        default -> throw mismatch(context, to, from);
      };
    }
    if (from == PtxType.UE8M0X2) {
      if (to != PtxType.BF16X2) {
        throw mismatch(context, to, from);
      }
      return bits -> power(bits & 0xff);
    }
    FloatCode target = code(to);
    FloatCode source = from == PtxType.F32 ? FloatCode.F32 : code(from);
    boolean toHalf = to == PtxType.F16X2 || to == PtxType.BF16X2;
    boolean fits =
        toHalf
            ? from == PtxType.F32
                || (to == PtxType.F16X2 && from != PtxType.F16X2 && from != PtxType.BF16X2)
            : from == PtxType.F32 || from == PtxType.F16X2;
    if (target == null || source == null || !fits) {
      throw mismatch(context, to, from);
    }
    if (!toHalf && !finite) {
      throw context.malformed(to + " needs .satfinite");
    }
    if (rounding != Rounding.NEAREST
        && !(rounding == Rounding.ZERO && toHalf && from == PtxType.F32)) {
      throw context.malformed("no such rounding for " + to + from);
    }
    return bits -> encode(target, source.decode(bits), rounding, finite, positive);
  }

  private static RuntimeException mismatch(DecodeContext context, PtxType to, PtxType from) {
    return context.malformed("no conversion from " + from + " to " + to);
  }

  /** The {@code ue8m0} of a {@code .f32}: its exponent; the sign does not count. */
  private static int exponent(int bits, boolean up, boolean finite) {
    int magnitude = bits & 0x7fff_ffff;
    int exponent = magnitude >>> 23;
    if (magnitude > 0x7f80_0000) {
      return EXPONENT_NAN;
    }
    boolean above = (magnitude & 0x7f_ffff) != 0 && magnitude > SMALLEST_EXPONENT_BITS;
    if (up && above) {
      exponent++;
    }
    return finite ? Math.min(exponent, EXPONENT_NAN - 1) : exponent;
  }

  private static int power(int exponent) {
    return exponent == EXPONENT_NAN
        ? FloatCode.BF16.nan()
        : FloatCode.BF16.encode(Math.scalb(1.0, exponent - EXPONENT_BIAS), Rounding.NEAREST);
  }
}
