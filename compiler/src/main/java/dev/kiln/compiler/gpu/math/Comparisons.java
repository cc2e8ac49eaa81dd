package dev.kiln.compiler.gpu.math;

import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ptx.Operand;

/** Comparisons of numbers and pointers; the results are predicates. */
final class Comparisons {
  private final Code code;
  private final BooleanArithmetic booleans;
  private final FloatCasts floats;

  Comparisons(Code code, BooleanArithmetic booleans, FloatCasts floats) {
    this.code = code;
    this.booleans = booleans;
    this.floats = floats;
  }

  Operand apply(CompareKind kind, DType dtype, Operand a, Operand b) {
    return switch (dtype) {
      case I1 -> booleans.compare(kind, a, b);
      case FP32 -> floats(kind, "f32", a, b);
      case FP64 -> floats(kind, "f64", a, b);
      case FP16 -> floats(kind, "f16", a, b);
      // The instructions on bf16 need newer targets; widening is a shift.
      case BF16, FP8E5, FP8E4NV, FP8E4B15, FP8E4B8, FP8E5B16 ->
          floats(kind, "f32", floats.toFp32(dtype, a), floats.toFp32(dtype, b));
      case I8, I16, I32, I64, U8, U16, U32, U64 -> integers(kind, dtype.bits() == 64, a, b);
    };
  }

  /** Sign-extended numbers keep the order of unsigned ones, too. */
  private Operand integers(CompareKind kind, boolean wide, Operand a, Operand b) {
    String width = wide ? "64" : "32";
    return switch (kind) {
      case EQ, NE, LT, LE, GT, GE -> code.pred("setp." + kind.mnemonic() + ".s" + width, a, b);
      case ULT, ULE, UGT, UGE ->
          code.pred("setp." + kind.mnemonic().substring(1) + ".u" + width, a, b);
    };
  }

  private Operand floats(CompareKind kind, String type, Operand a, Operand b) {
    return switch (kind) {
      case EQ, LT, LE, GT, GE -> code.pred("setp." + kind.mnemonic() + "." + type, a, b);
      case NE -> code.pred("setp.neu." + type, a, b);
      case ULT, ULE, UGT, UGE ->
          throw new IllegalArgumentException(kind.mnemonic() + " does not apply to floats");
    };
  }
}
