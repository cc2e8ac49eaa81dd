package dev.kiln.compiler.gpu.math;

import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;

/** Shorter names for pure instructions, by the class of their result; and predicate logic. */
final class Code {
  private static final Immediate FALSE = Immediate.pred(false);
  private static final Immediate TRUE = Immediate.pred(true);

  private final PtxBuilder ptx;

  Code(PtxBuilder ptx) {
    this.ptx = ptx;
  }

  PtxBuilder ptx() {
    return ptx;
  }

  Operand pred(String opcode, Operand... operands) {
    return ptx.emit(opcode, RegisterClass.PRED, operands);
  }

  Operand b16(String opcode, Operand... operands) {
    return ptx.emit(opcode, RegisterClass.B16, operands);
  }

  Operand b32(String opcode, Operand... operands) {
    return ptx.emit(opcode, RegisterClass.B32, operands);
  }

  Operand b64(String opcode, Operand... operands) {
    return ptx.emit(opcode, RegisterClass.B64, operands);
  }

  static Operand i(int value) {
    return Immediate.b32(value);
  }

  static Operand l(long value) {
    return Immediate.b64(value);
  }

  static Operand h(int bits) {
    return Immediate.b16(bits);
  }

  static Operand f(double value) {
    return Immediate.f32((float) value);
  }

  static Operand d(double value) {
    return Immediate.f64(value);
  }

  static boolean is(Operand operand, long bits) {
    return operand instanceof Immediate number && number.bits() == bits;
  }

  /** {@code condition ? whenTrue : whenFalse}, of any class. */
  Operand select(Operand condition, Operand whenTrue, Operand whenFalse) {
    if (condition instanceof Immediate number) {
      return number.bits() != 0 ? whenTrue : whenFalse;
    }
    if (whenTrue.equals(whenFalse)) {
      return whenTrue;
    }
    return switch (whenTrue.type()) {
      case PRED -> or(and(condition, whenTrue), and(whenFalse, not(condition)));
      case B16 -> b16("selp.b16", whenTrue, whenFalse, condition);
      case B32 -> b32("selp.b32", whenTrue, whenFalse, condition);
      case B64 -> b64("selp.b64", whenTrue, whenFalse, condition);
    };
  }

  /**
   * Whether a predicate holds in some thread of the warp, so that a loop or branch may depend on
   * it: all threads of a warp take the same way. Only for bodies without barriers.
   */
  Operand any(Operand predicate) {
    return predicate instanceof Immediate
        ? predicate
        : pred("vote.sync.any.pred", predicate, i(-1));
  }

  Operand not(Operand a) {
    if (a instanceof Immediate number) {
      return Immediate.pred(number.bits() == 0);
    }
    return pred("not.pred", a);
  }

  Operand and(Operand a, Operand b) {
    if (is(a, 0) || is(b, 0)) {
      return FALSE;
    }
    if (a instanceof Immediate) {
      return b;
    }
    return b instanceof Immediate || a == b ? a : pred("and.pred", a, b);
  }

  Operand or(Operand a, Operand b) {
    if (is(a, 1) || is(b, 1)) {
      return TRUE;
    }
    if (a instanceof Immediate) {
      return b;
    }
    return b instanceof Immediate || a == b ? a : pred("or.pred", a, b);
  }

  Operand xor(Operand a, Operand b) {
    if (a instanceof Immediate number) {
      return number.bits() == 0 ? b : not(b);
    }
    if (b instanceof Immediate number) {
      return number.bits() == 0 ? a : not(a);
    }
    return a == b ? FALSE : pred("xor.pred", a, b);
  }
}
