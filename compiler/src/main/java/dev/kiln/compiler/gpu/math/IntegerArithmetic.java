package dev.kiln.compiler.gpu.math;

import static dev.kiln.compiler.gpu.math.Code.i;
import static dev.kiln.compiler.gpu.math.Code.l;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;

/**
 * Arithmetic of {@code i8} to {@code i64}. The narrow types live sign-extended in 32 bits: what may
 * leave their range is extended again, and unsigned operations clear the upper bits first where
 * these matter.
 */
final class IntegerArithmetic {
  private final Code code;

  IntegerArithmetic(Code code) {
    this.code = code;
  }

  Operand apply(BinaryKind kind, DType dtype, Operand a, Operand b) {
    return switch (kind) {
      case ADD -> wrap(dtype, typed("add.s", dtype, a, b));
      case SUB -> wrap(dtype, typed("sub.s", dtype, a, b));
      case MUL -> wrap(dtype, typed("mul.lo.s", dtype, a, b));
      case DIVS -> wrap(dtype, orMinusOne(dtype, b, typed("div.s", dtype, a, b)));
      case DIVU -> {
        Operand divisor = zeroExtend(dtype, b);
        Operand quotient = typed("div.u", dtype, zeroExtend(dtype, a), divisor);
        yield wrap(dtype, orMinusOne(dtype, divisor, quotient));
      }
      case REMS -> remainder("div.s", dtype, a, b);
      case REMU ->
          wrap(dtype, remainder("div.u", dtype, zeroExtend(dtype, a), zeroExtend(dtype, b)));
      case AND -> typed("and.b", dtype, a, b);
      case OR -> typed("or.b", dtype, a, b);
      case XOR -> typed("xor.b", dtype, a, b);
      // PTX takes amounts beyond the width for the width. Negative ones count as unsigned there and
      // in tile IR.
      case SHL -> wrap(dtype, typed("shl.b", dtype, a, amount(dtype, b)));
      case SHRS -> typed("shr.s", dtype, a, amount(dtype, b));
      case SHRU -> wrap(dtype, typed("shr.u", dtype, zeroExtend(dtype, a), amount(dtype, b)));
      case MINS -> typed("min.s", dtype, a, b);
      case MAXS -> typed("max.s", dtype, a, b);
      // Sign extension keeps the order of unsigned numbers.
      case MINU -> typed("min.u", dtype, a, b);
      case MAXU -> typed("max.u", dtype, a, b);
      case MULHU -> typed("mul.hi.u", dtype, a, b);
      case MULHS -> typed("mul.hi.s", dtype, a, b);
      case DIV, REM, MIN, MAX, MINNAN, MAXNAN ->
          throw new IllegalArgumentException(kind.mnemonic() + " applies to floats only");
    };
  }

  Operand apply(UnaryKind kind, DType dtype, Operand a) {
    boolean wide = dtype.bits() == 64;
    return switch (kind) {
      case NEG -> wrap(dtype, typed("neg.s", dtype, a));
      case ABS -> wrap(dtype, typed("abs.s", dtype, a));
      case NOT -> typed("not.b", dtype, a);
      case CLZ -> code.b32(wide ? "clz.b64" : "clz.b32", a);
      case POPC -> code.b32(wide ? "popc.b64" : "popc.b32", a);
      case BREV -> typed("brev.b", dtype, a);
      case FLOOR, CEIL, TRUNC, RINT, SQRT, RSQRT, EXP, EXP2, LOG, LOG2, SIN, COS, TANH, ERF ->
          throw new IllegalArgumentException(kind.mnemonic() + " applies to floats only");
    };
  }

  /** An instruction on 32 or 64 bits, whose name ends with that number. */
  private Operand typed(String opcode, DType dtype, Operand... operands) {
    return dtype.bits() == 64
        ? code.b64(opcode + "64", operands)
        : code.b32(opcode + "32", operands);
  }

  /** The low bits, sign-extended, as the dtype is held. */
  Operand wrap(DType dtype, Operand a) {
    int bits = dtype.bits();
    if (bits >= 32) {
      return a;
    }
    if (a instanceof Immediate number) {
      return i((int) number.bits() << (32 - bits) >> (32 - bits));
    }
    return code.b32("cvt.s32.s" + bits, a);
  }

  /** The bits above the type's width cleared; the result is no longer held as the dtype is. */
  Operand zeroExtend(DType dtype, Operand a) {
    int bits = dtype.bits();
    if (bits >= 32) {
      return a;
    }
    int mask = (1 << bits) - 1;
    return a instanceof Immediate number
        ? i((int) number.bits() & mask)
        : code.b32("and.b32", a, i(mask));
  }

  /** PTX leaves open what {@code x / 0} is; tile IR has all bits set. */
  private Operand orMinusOne(DType dtype, Operand divisor, Operand quotient) {
    boolean wide = dtype.bits() == 64;
    Operand minusOne = wide ? l(-1) : i(-1);
    if (divisor instanceof Immediate number) {
      return number.bits() == 0 ? minusOne : quotient;
    }
    Operand isZero = code.pred(wide ? "setp.eq.s64" : "setp.eq.s32", divisor, wide ? l(0) : i(0));
    return code.select(isZero, minusOne, quotient);
  }

  /**
   * {@code a - a / b * b}: shares the quotient with a division nearby, and is {@code a} for {@code
   * b = 0} whatever the quotient.
   */
  private Operand remainder(String division, DType dtype, Operand a, Operand b) {
    Operand quotient = typed(division, dtype, a, b);
    return typed("sub.s", dtype, a, typed("mul.lo.s", dtype, quotient, b));
  }

  /** Shifts take an amount of 32 bits. */
  private Operand amount(DType dtype, Operand amount) {
    if (dtype.bits() < 64) {
      return amount;
    }
    if (amount instanceof Immediate number) {
      return i(Long.compareUnsigned(number.bits(), 64) < 0 ? (int) number.bits() : 64);
    }
    return code.b32("cvt.u32.u64", code.b64("min.u64", amount, l(64)));
  }
}
