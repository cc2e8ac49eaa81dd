package dev.kiln.compiler.gpu.math;

import static dev.kiln.compiler.gpu.math.Code.h;
import static dev.kiln.compiler.gpu.math.Code.i;

import dev.kiln.compiler.gpu.GpuTarget;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Vector;

/** Conversions between float types. All round once, from the exact operand. */
final class FloatCasts {
  private final Code code;
  private final Fp8Casts fp8;

  FloatCasts(Code code, GpuTarget target) {
    this.code = code;
    this.fp8 = new Fp8Casts(code, target);
  }

  Fp8Casts fp8() {
    return fp8;
  }

  /** A type no wider than fp32 to fp32, exactly. */
  Operand toFp32(DType dtype, Operand a) {
    return switch (dtype) {
      case FP32 -> a;
      case FP16 -> code.b32("cvt.f32.f16", a);
      case BF16 -> code.b32("mov.b32", Vector.of(h(0), a));
      case FP8E5, FP8E4NV, FP8E4B15, FP8E4B8, FP8E5B16 -> fp8.toFp32(dtype, a);
      case FP64, I1, I8, I16, I32, I64, U8, U16, U32, U64 ->
          throw new IllegalArgumentException(dtype + " is not a narrow float");
    };
  }

  /** To fp64, exactly. */
  Operand toFp64(DType dtype, Operand a) {
    return switch (dtype) {
      case FP64 -> a;
      case FP16 -> code.b64("cvt.f64.f16", a);
      default -> code.b64("cvt.f64.f32", toFp32(dtype, a));
    };
  }

  /** fp32 to a type no wider. */
  Operand fromFp32(DType dtype, Operand a, boolean nearest) {
    return switch (dtype) {
      case FP32 -> a;
      case FP16 -> code.b16(nearest ? "cvt.rn.f16.f32" : "cvt.rz.f16.f32", a);
      case BF16 -> code.b16(nearest ? "cvt.rn.bf16.f32" : "cvt.rz.bf16.f32", a);
      case FP8E5, FP8E4NV, FP8E4B15, FP8E4B8, FP8E5B16 -> fp8.fromFp32(dtype, a, nearest);
      case FP64, I1, I8, I16, I32, I64, U8, U16, U32, U64 ->
          throw new IllegalArgumentException(dtype + " is not a narrow float");
    };
  }

  /** fp64 to any type. */
  Operand fromFp64(DType dtype, Operand a, boolean nearest) {
    return switch (dtype) {
      case FP64 -> a;
      case FP32 -> code.b32(nearest ? "cvt.rn.f32.f64" : "cvt.rz.f32.f64", a);
      case FP16 -> code.b16(nearest ? "cvt.rn.f16.f64" : "cvt.rz.f16.f64", a);
      default -> fromFp32(dtype, nearest ? oddFp32(a) : code.b32("cvt.rz.f32.f64", a), nearest);
    };
  }

  /**
   * fp64 to fp32 rounded to odd: cut off, with the last bit set if anything was lost. A second
   * rounding to far fewer bits then gives what one rounding would have.
   */
  private Operand oddFp32(Operand a) {
    Operand cut = code.b32("cvt.rz.f32.f64", a);
    Operand isInexact = code.pred("setp.ne.f64", code.b64("cvt.f64.f32", cut), a);
    return setLast(cut, isInexact);
  }

  /** An integer to fp32, rounded to odd. */
  Operand oddFp32(String integerType, Operand a) {
    Operand cut = code.b32("cvt.rz.f32." + integerType, a);
    boolean wide = integerType.endsWith("64");
    String back = "cvt.rzi." + integerType + ".f32";
    Operand isInexact =
        wide
            ? code.pred("setp.ne.s64", code.b64(back, cut), a)
            : code.pred("setp.ne.s32", code.b32(back, cut), a);
    return setLast(cut, isInexact);
  }

  private Operand setLast(Operand number, Operand condition) {
    return code.select(condition, code.b32("or.b32", number, i(1)), number);
  }

  /** Any float type to any other. */
  Operand convert(DType from, DType to, Operand a, boolean nearest) {
    if (from == DType.FP64) {
      return fromFp64(to, a, nearest);
    }
    if (to == DType.FP64) {
      return toFp64(from, a);
    }
    if (to == DType.FP16 && from.isFp8()) {
      Operand half = fp8.toFp16(from, a);
      if (half != null) {
        return half;
      }
    }
    return fromFp32(to, toFp32(from, a), nearest);
  }
}
