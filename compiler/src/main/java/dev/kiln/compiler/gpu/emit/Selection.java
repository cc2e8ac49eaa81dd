package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;

/** {@code condition ? whenTrue : whenFalse} for registers of any class. */
public final class Selection {
  private Selection() {}

  public static Operand emit(
      PtxBuilder ptx, Operand condition, Operand whenTrue, Operand whenFalse) {
    if (condition instanceof Immediate known) {
      return known.bits() != 0 ? whenTrue : whenFalse;
    }
    RegisterClass type = whenTrue.type();
    if (type != RegisterClass.PRED) {
      return ptx.emit("selp." + type.type(), type, whenTrue, whenFalse, condition);
    }
    Operand not = ptx.emit("not.pred", type, condition);
    return ptx.emit(
        "or.pred",
        type,
        ptx.emit("and.pred", type, condition, whenTrue),
        ptx.emit("and.pred", type, not, whenFalse));
  }
}
