package dev.kiln.compiler.gpu.math;

import static dev.kiln.compiler.gpu.math.Code.f;
import static dev.kiln.compiler.gpu.math.Code.h;
import static dev.kiln.compiler.gpu.math.Code.i;

import dev.kiln.compiler.gpu.GpuTarget;
import dev.kiln.compiler.gpu.math.Fp8Format.Specials;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ptx.Operand;
import java.util.List;

/**
 * Conversions between fp32 and the fp8 types, bit for bit as tile IR has them: by instructions
 * where a target has them for a type, else by integer arithmetic on the bits.
 */
final class Fp8Casts {
  private static final int MANTISSA = 23;
  private static final int BIAS = 127;
  private static final int INFINITY = 0x7f800000;

  /** From here to the next power of two, fp8e5 rounds to infinity. */
  private static final double FP8E5_OVERFLOW = 61440;

  private final Code code;
  private final boolean hasInstructions;

  Fp8Casts(Code code, GpuTarget target) {
    this.code = code;
    this.hasInstructions = target.hasFp8();
  }

  /** To fp16, for the types of which this is the shorter way to wider ones; else {@code null}. */
  Operand toFp16(DType dtype, Operand a) {
    if (dtype == DType.FP8E5) {
      return code.b16("shl.b16", a, i(8)); // an fp16 whose lower half was cut off
    }
    if (dtype == DType.FP8E4NV && hasInstructions) {
      Operand pair = code.b32("cvt.rn.f16x2.e4m3x2", a);
      var lower = code.ptx().register(dev.kiln.compiler.ptx.RegisterClass.B16);
      var upper = code.ptx().register(dev.kiln.compiler.ptx.RegisterClass.B16);
      code.ptx().emit("mov.b32", List.of(Operand.Vector.of(lower, upper)), pair);
      return lower;
    }
    return null;
  }

  /** Exact. */
  Operand toFp32(DType dtype, Operand a) {
    Operand half = toFp16(dtype, a);
    if (half != null) {
      return code.b32("cvt.f32.f16", half);
    }
    Fp8Format format = Fp8Format.of(dtype);
    Operand bits = code.b32("cvt.u32.u16", a);
    Operand size = code.b32("and.b32", bits, i(0x7f));
    Operand shifted = code.b32("shl.b32", size, i(MANTISSA - format.mantissa()));
    // Subnormal codes are subnormal fp32 numbers here; the product makes all of them normal.
    Operand magnitude = code.b32("mul.rn.f32", shifted, f(Math.scalb(1.0, BIAS - format.bias())));
    Operand sign = code.b32("shl.b32", code.b32("and.b32", bits, i(0x80)), i(24));
    Operand number = code.b32("or.b32", magnitude, sign);
    return switch (format.specials()) {
      case NONE -> number;
      case TOP_IS_NAN -> nanWhere("setp.eq.s32", size, 0x7f, number);
      case NEGATIVE_ZERO_IS_NAN -> nanWhere("setp.eq.s32", bits, 0x80, number);
      case IEEE -> nanWhere("setp.gt.s32", size, format.largest() + 1, number);
    };
  }

  private Operand nanWhere(String comparison, Operand bits, int value, Operand number) {
    return code.select(code.pred(comparison, bits, i(value)), f(Float.NaN), number);
  }

  /**
   * Rounds once.
   *
   * @param nearest to nearest, ties to even; else towards zero
   */
  Operand fromFp32(DType dtype, Operand a, boolean nearest) {
    if (nearest && hasInstructions && dtype == DType.FP8E4NV) {
      return code.b16("cvt.rn.satfinite.e4m3x2.f32", f(0), a);
    }
    if (nearest && hasInstructions && dtype == DType.FP8E5) {
      Operand saturated = code.b16("cvt.rn.satfinite.e5m2x2.f32", f(0), a);
      Operand isBeyond = code.pred("setp.ge.f32", code.b32("abs.f32", a), f(FP8E5_OVERFLOW));
      // Infinity is the code after that of the largest number.
      return code.b16("add.s16", saturated, code.select(isBeyond, h(1), h(0)));
    }
    return encode(Fp8Format.of(dtype), a, nearest);
  }

  private Operand encode(Fp8Format format, Operand a, boolean nearest) {
    Operand size = code.b32("and.b32", a, i(Integer.MAX_VALUE));
    Operand isSmall = code.pred("setp.lt.s32", size, i((BIAS + 1 - format.bias()) << MANTISSA));
    Operand magnitude =
        code.select(isSmall, subnormal(format, size, nearest), normal(format, size, nearest));
    Operand sign = code.b32("and.b32", code.b32("shr.u32", a, i(24)), i(0x80));
    Operand bits = withSpecials(format, a, size, magnitude, sign, nearest);
    return code.b16("cvt.u16.u32", bits);
  }

  /** The sum with a number whose last bit counts the smallest fp8 number is rounded as one. */
  private Operand subnormal(Fp8Format format, Operand size, boolean nearest) {
    double unit = Math.scalb(1.0, 1 - format.bias() - format.mantissa() + MANTISSA);
    Operand sum = code.b32(nearest ? "add.rn.f32" : "add.rz.f32", size, f(unit));
    return code.b32("sub.s32", sum, i(Float.floatToRawIntBits((float) unit)));
  }

  /** A carry out of the fraction goes on into the exponent, which is what rounding up means. */
  private Operand normal(Fp8Format format, Operand size, boolean nearest) {
    int dropped = MANTISSA - format.mantissa();
    Operand rounded = size;
    if (nearest) {
      Operand last = code.b32("and.b32", code.b32("shr.u32", size, i(dropped)), i(1));
      rounded = code.b32("add.s32", code.b32("add.s32", size, i((1 << (dropped - 1)) - 1)), last);
    }
    return code.b32(
        "sub.s32",
        code.b32("shr.u32", rounded, i(dropped)),
        i((BIAS - format.bias()) << format.mantissa()));
  }

  private Operand withSpecials(
      Fp8Format format, Operand a, Operand size, Operand magnitude, Operand sign, boolean nearest) {
    Operand finite = code.b32("min.s32", magnitude, i(format.largest()));
    return switch (format.specials()) {
      case IEEE -> {
        Operand capped =
            nearest
                ? code.b32("min.s32", magnitude, i(format.largest() + 1))
                : code.select(
                    code.pred("setp.eq.s32", size, i(INFINITY)), i(format.largest() + 1), finite);
        Operand isNan = code.pred("setp.gt.s32", size, i(INFINITY));
        yield code.b32("or.b32", code.select(isNan, i(0x7e), capped), sign);
      }
      case TOP_IS_NAN -> {
        Operand isNan = code.pred("setp.gt.s32", size, i(INFINITY));
        yield code.b32("or.b32", code.select(isNan, i(0x7f), finite), sign);
      }
      case NONE -> {
        Operand isNan = code.pred("setp.gt.s32", size, i(INFINITY));
        yield code.select(isNan, i(format.largest()), code.b32("or.b32", finite, sign));
      }
      case NEGATIVE_ZERO_IS_NAN -> {
        Operand isNan =
            nearest
                ? code.pred("setp.gt.s32", magnitude, i(format.largest()))
                : code.pred("setp.ge.s32", size, i(INFINITY));
        Operand isZero = code.pred("setp.eq.s32", magnitude, i(0));
        Operand signed = code.b32("or.b32", finite, code.select(isZero, i(0), sign));
        yield code.select(isNan, i(0x80), signed);
      }
    };
  }

  /** Flips the sign bit, where that is one. */
  Operand negate(DType dtype, Operand a) {
    Operand flipped = code.b16("xor.b16", a, h(0x80));
    if (Fp8Format.of(dtype).specials() != Specials.NEGATIVE_ZERO_IS_NAN) {
      return flipped;
    }
    Operand isZeroOrNan = code.pred("setp.eq.s16", code.b16("and.b16", a, h(0x7f)), h(0));
    return code.select(isZeroOrNan, a, flipped);
  }

  Operand magnitude(DType dtype, Operand a) {
    Operand cleared = code.b16("and.b16", a, h(0x7f));
    if (Fp8Format.of(dtype).specials() != Specials.NEGATIVE_ZERO_IS_NAN) {
      return cleared;
    }
    return code.select(code.pred("setp.eq.s16", a, h(0x80)), a, cleared);
  }
}
