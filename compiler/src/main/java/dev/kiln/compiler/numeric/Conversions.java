package dev.kiln.compiler.numeric;

import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.DType;

/**
 * What tile IR's casts compute, for one element, by the kinds of operand and result: integers
 * (pointers count as {@code i64}) are held as {@link IntegerMath} says, floats as doubles.
 */
public final class Conversions {
  private Conversions() {}

  /** {@code EXTS, EXTU, TRUNC, BITCAST, PTRTOINT, INTTOPTR} between integers. */
  public static long integerToInteger(CastKind kind, DType from, DType to, long value) {
    return switch (kind) {
      case EXTS -> wrap(to, IntegerMath.signExtend(from, value));
      case EXTU -> wrap(to, IntegerMath.zeroExtend(from, value));
      case TRUNC, BITCAST, PTRTOINT, INTTOPTR -> wrap(to, value);
      case FPEXT, FPTRUNC, FPTRUNC_RTZ, SITOFP, UITOFP, FPTOSI, FPTOUI -> throw wrong(kind);
    };
  }

  /** {@code SITOFP, UITOFP, BITCAST}. */
  public static double integerToFloat(CastKind kind, DType from, DType to, long value) {
    return switch (kind) {
      case SITOFP -> FloatFormat.roundLong(to, IntegerMath.signExtend(from, value), false);
      case UITOFP -> FloatFormat.roundLong(to, IntegerMath.zeroExtend(from, value), true);
      case BITCAST -> FloatFormat.fromBits(to, value);
      case EXTS, EXTU, TRUNC, FPEXT, FPTRUNC, FPTRUNC_RTZ, FPTOSI, FPTOUI -> throw wrong(kind);
      case PTRTOINT, INTTOPTR -> throw wrong(kind);
    };
  }

  /** {@code FPTOSI, FPTOUI, BITCAST}. */
  public static long floatToInteger(CastKind kind, DType from, DType to, double value) {
    return switch (kind) {
      case FPTOSI -> wrap(to, toSigned(to, value));
      case FPTOUI -> wrap(to, toUnsigned(to, value));
      case BITCAST -> wrap(to, FloatFormat.toBits(from, value));
      case EXTS, EXTU, TRUNC, FPEXT, FPTRUNC, FPTRUNC_RTZ, SITOFP, UITOFP -> throw wrong(kind);
      case PTRTOINT, INTTOPTR -> throw wrong(kind);
    };
  }

  /** {@code FPEXT, FPTRUNC, FPTRUNC_RTZ, BITCAST}. */
  public static double floatToFloat(CastKind kind, DType from, DType to, double value) {
    return switch (kind) {
      case FPEXT, FPTRUNC -> FloatFormat.round(to, value);
      case FPTRUNC_RTZ -> FloatFormat.roundTowardsZero(to, value);
      case BITCAST -> FloatFormat.fromBits(to, FloatFormat.toBits(from, value));
      case EXTS, EXTU, TRUNC, SITOFP, UITOFP, FPTOSI, FPTOUI -> throw wrong(kind);
      case PTRTOINT, INTTOPTR -> throw wrong(kind);
    };
  }

  private static long toSigned(DType to, double value) {
    long saturated = (long) value; // Java's conversion saturates and gives 0 for NaN
    long smallest = IntegerMath.smallest(to);
    return Math.clamp(saturated, smallest, ~smallest);
  }

  private static long toUnsigned(DType to, double value) {
    if (!(value > 0)) {
      return 0;
    }
    if (value >= Math.scalb(1.0, to.bits())) {
      return -1;
    }
    return value < 0x1p63 ? (long) value : (long) (value - 0x1p63) | Long.MIN_VALUE;
  }

  private static long wrap(DType dtype, long value) {
    return IntegerMath.wrap(dtype, value);
  }

  private static IllegalArgumentException wrong(CastKind kind) {
    return new IllegalArgumentException(kind.mnemonic() + " does not convert between these kinds");
  }
}
