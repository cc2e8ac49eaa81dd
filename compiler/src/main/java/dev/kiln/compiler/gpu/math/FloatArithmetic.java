package dev.kiln.compiler.gpu.math;

import static dev.kiln.compiler.gpu.math.Code.d;
import static dev.kiln.compiler.gpu.math.Code.h;

import dev.kiln.compiler.gpu.GpuTarget;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ptx.Operand;

/**
 * Arithmetic of floats that is exact or rounded once. fp16 and bf16 use instructions of their own
 * where these exist; division and fp8 go through fp32, of which the precision is so much larger
 * that the second rounding does no harm.
 */
final class FloatArithmetic {
  private static final int BF16_ONE = 0x3f80;
  private static final int BF16_MINUS_ONE = 0xbf80;
  private static final int BF16_MINUS_ZERO = 0x8000;

  private final Code code;
  private final FloatCasts casts;
  private final FloatRemainder remainder;
  private final boolean hasBf16Sums;

  FloatArithmetic(Code code, FloatCasts casts, GpuTarget target) {
    this.code = code;
    this.casts = casts;
    this.remainder = new FloatRemainder(code, casts);
    this.hasBf16Sums = target.hasBf16Arithmetic();
  }

  Operand apply(BinaryKind kind, DType dtype, Operand a, Operand b) {
    if (kind == BinaryKind.REM) {
      return remainder.apply(dtype, a, b);
    }
    return switch (dtype) {
      case FP32 -> code.b32(opcode(kind) + "f32", a, b);
      case FP64 -> wide(kind, a, b);
      case FP16 ->
          kind == BinaryKind.DIV
              ? throughFp32(kind, dtype, a, b)
              : code.b16(opcode(kind) + "f16", a, b);
      case BF16 -> bf16(kind, a, b);
      default -> throughFp32(kind, dtype, a, b);
    };
  }

  private static String opcode(BinaryKind kind) {
    return switch (kind) {
      case ADD -> "add.rn.";
      case SUB -> "sub.rn.";
      case MUL -> "mul.rn.";
      case DIV -> "div.rn.";
      case MIN -> "min.";
      case MAX -> "max.";
      case MINNAN -> "min.NaN.";
      case MAXNAN -> "max.NaN.";
      case REM, DIVS, DIVU, REMS, REMU, AND, OR, XOR, SHL, SHRS, SHRU -> throw wrong(kind);
      case MINS, MINU, MAXS, MAXU, MULHU, MULHS -> throw wrong(kind);
    };
  }

  private static IllegalArgumentException wrong(BinaryKind kind) {
    return new IllegalArgumentException(kind.mnemonic() + " has no instruction on floats");
  }

  /** There is no {@code min.NaN.f64}. */
  private Operand wide(BinaryKind kind, Operand a, Operand b) {
    if (kind != BinaryKind.MINNAN && kind != BinaryKind.MAXNAN) {
      return code.b64(opcode(kind) + "f64", a, b);
    }
    Operand number = code.b64(kind == BinaryKind.MINNAN ? "min.f64" : "max.f64", a, b);
    return code.select(code.pred("setp.nan.f64", a, b), d(Double.NaN), number);
  }

  /** Before sm_90 there is only the multiply-add, of which the others are cases. */
  private Operand bf16(BinaryKind kind, Operand a, Operand b) {
    return switch (kind) {
      case DIV -> throughFp32(kind, DType.BF16, a, b);
      case ADD -> hasBf16Sums ? bf16("add.rn.bf16", a, b) : fmaBf16(a, h(BF16_ONE), b);
      case SUB -> hasBf16Sums ? bf16("sub.rn.bf16", a, b) : fmaBf16(b, h(BF16_MINUS_ONE), a);
      // Adding -0 changes nothing, whatever the product's sign.
      case MUL -> hasBf16Sums ? bf16("mul.rn.bf16", a, b) : fmaBf16(a, b, h(BF16_MINUS_ZERO));
      default -> bf16(opcode(kind) + "bf16", a, b);
    };
  }

  private Operand bf16(String opcode, Operand a, Operand b) {
    return code.b16(opcode, a, b);
  }

  private Operand fmaBf16(Operand a, Operand b, Operand c) {
    return code.b16("fma.rn.bf16", a, b, c);
  }

  private Operand throughFp32(BinaryKind kind, DType dtype, Operand a, Operand b) {
    Operand wide = code.b32(opcode(kind) + "f32", casts.toFp32(dtype, a), casts.toFp32(dtype, b));
    return casts.fromFp32(dtype, wide, true);
  }

  Operand fma(DType dtype, Operand a, Operand b, Operand c) {
    return switch (dtype) {
      case FP32 -> code.b32("fma.rn.f32", a, b, c);
      case FP64 -> code.b64("fma.rn.f64", a, b, c);
      case FP16 -> code.b16("fma.rn.f16", a, b, c);
      case BF16 -> fmaBf16(a, b, c);
      // Exact in fp64, so that only the conversion rounds.
      default ->
          casts.fromFp64(
              dtype,
              code.b64(
                  "fma.rn.f64",
                  casts.toFp64(dtype, a),
                  casts.toFp64(dtype, b),
                  casts.toFp64(dtype, c)),
              true);
    };
  }

  /** The exact kinds, and the square root. */
  Operand apply(UnaryKind kind, DType dtype, Operand a) {
    return switch (kind) {
      case NEG -> dtype.isFp8() ? casts.fp8().negate(dtype, a) : typed("neg.", dtype, a);
      case ABS -> dtype.isFp8() ? casts.fp8().magnitude(dtype, a) : typed("abs.", dtype, a);
      case FLOOR -> toWhole("rmi", dtype, a);
      case CEIL -> toWhole("rpi", dtype, a);
      case TRUNC -> toWhole("rzi", dtype, a);
      case RINT -> toWhole("rni", dtype, a);
      case SQRT -> typed("sqrt.rn.", dtype, a);
      case NOT, CLZ, POPC, BREV, RSQRT, EXP, EXP2, LOG, LOG2, SIN, COS, TANH, ERF ->
          throw new IllegalArgumentException(kind.mnemonic() + " is not an exact float operation");
    };
  }

  private Operand toWhole(String rounding, DType dtype, Operand a) {
    return dtype == DType.FP64
        ? code.b64("cvt." + rounding + ".f64.f64", a)
        : code.b32("cvt." + rounding + ".f32.f32", a);
  }

  private Operand typed(String opcode, DType dtype, Operand a) {
    return switch (dtype) {
      case FP16 -> code.b16(opcode + "f16", a);
      case BF16 -> code.b16(opcode + "bf16", a);
      case FP32 -> code.b32(opcode + "f32", a);
      default -> code.b64(opcode + "f64", a);
    };
  }
}
