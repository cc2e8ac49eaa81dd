package dev.kiln.compiler.gpu.math;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ptx.Operand;

/**
 * Arithmetic of {@code i1}, held in predicates: integers of one bit, of which true is -1 where they
 * count as signed. Each operation is a truth table of its two bits.
 */
final class BooleanArithmetic {
  private final Code code;

  BooleanArithmetic(Code code) {
    this.code = code;
  }

  Operand apply(BinaryKind kind, Operand a, Operand b) {
    return switch (kind) {
      case ADD, SUB, XOR -> code.xor(a, b);
      case MUL, AND, MAXS, MINU -> code.and(a, b);
      case OR, MINS, MAXU -> code.or(a, b);
      // Division by 0 gives all bits, the one there is.
      case DIVS, DIVU -> code.or(a, code.not(b));
      case REMS, REMU, SHL, SHRU -> code.and(a, code.not(b));
      case SHRS -> a;
      case DIV, REM, MIN, MAX, MINNAN, MAXNAN, MULHU, MULHS ->
          throw new IllegalArgumentException(kind.mnemonic() + " does not apply to i1");
    };
  }

  Operand apply(UnaryKind kind, Operand a) {
    return switch (kind) {
      case NEG, ABS -> a;
      case NOT -> code.not(a);
      case CLZ, POPC, BREV, FLOOR, CEIL, TRUNC, RINT, SQRT, RSQRT ->
          throw new IllegalArgumentException(kind.mnemonic() + " does not apply to i1");
      case EXP, EXP2, LOG, LOG2, SIN, COS, TANH, ERF ->
          throw new IllegalArgumentException(kind.mnemonic() + " does not apply to i1");
    };
  }

  Operand compare(CompareKind kind, Operand a, Operand b) {
    return switch (kind) {
      case EQ -> code.not(code.xor(a, b));
      case NE -> code.xor(a, b);
      case LT, UGT -> code.and(a, code.not(b));
      case GT, ULT -> code.and(b, code.not(a));
      case LE, UGE -> code.or(a, code.not(b));
      case GE, ULE -> code.or(b, code.not(a));
    };
  }
}
