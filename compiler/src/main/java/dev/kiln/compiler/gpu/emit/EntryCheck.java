package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.gpu.KernelAbi;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.Map;
import java.util.TreeMap;

/** Checks on entry whether parameters are divisible as a version of the kernel takes them to be. */
final class EntryCheck {
  private EntryCheck() {}

  /**
   * Whether all are.
   *
   * @param general the kernel with what is known of its parameters
   * @param version the same with what has to be true of them
   */
  static Operand emit(PtxBuilder ptx, TileFunction general, TileFunction version) {
    Map<Integer, Operand> byDivisor = new TreeMap<>();
    for (int i = 0; i < general.params().size(); i++) {
      int divisor = version.params().get(i).divisibility();
      if (divisor > general.params().get(i).divisibility()) {
        byDivisor.merge(divisor, lowBits(ptx, general, i), (a, b) -> or(ptx, a, b));
      }
    }
    Operand rest = Immediate.b32(0);
    for (Map.Entry<Integer, Operand> all : byDivisor.entrySet()) {
      Operand mask = Immediate.b32(all.getKey() - 1);
      rest = or(ptx, rest, ptx.emit("and.b32", RegisterClass.B32, all.getValue(), mask));
    }
    return ptx.emit("setp.eq.s32", RegisterClass.PRED, rest, Immediate.b32(0));
  }

  private static Operand or(PtxBuilder ptx, Operand a, Operand b) {
    return ptx.emit("or.b32", RegisterClass.B32, a, b);
  }

  private static Operand lowBits(PtxBuilder ptx, TileFunction function, int index) {
    Operand value =
        Parameters.load(
            ptx,
            KernelAbi.parameterName(function, index),
            function.params().get(index).value().type());
    return value.type() == RegisterClass.B64
        ? ptx.emit("cvt.u32.u64", RegisterClass.B32, value)
        : value;
  }
}
