package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Name;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;

/** Reads the parameters of an entry. */
final class Parameters {
  private Parameters() {}

  static Operand load(PtxBuilder ptx, String name, Type type) {
    DType dtype = type.dtype();
    RegisterClass held = dtype.isBool() ? RegisterClass.B32 : Elements.held(dtype);
    Operand value =
        ptx.emit(
            "ld.param." + typeOf(dtype), held, Address.of(new Name(RegisterClass.B64, name), 0));
    return dtype.isBool()
        ? ptx.emit("setp.ne.s32", RegisterClass.PRED, value, Immediate.b32(0))
        : value;
  }

  private static String typeOf(DType dtype) {
    if (dtype.isBool() || dtype.isFp8()) {
      return "u8";
    }
    return dtype.isInteger() && dtype.bits() < 32 ? "s" + dtype.bits() : "b" + dtype.bits();
  }
}
