package dev.kiln.compiler.gpu.combine;

import dev.kiln.compiler.gpu.emit.ThreadMap;
import dev.kiln.compiler.layout.LinearMap;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.List;

/** Moves bits of {@code .b32} numbers. */
final class BitFields {
  private BitFields() {}

  /** The number whose bit {@code start + i} is the value's bit {@code from.get(i)}. */
  static Operand gather(PtxBuilder ptx, Operand value, List<Integer> from, int start) {
    int[] columns = new int[32];
    for (int i = 0; i < from.size(); i++) {
      columns[from.get(i)] = 1 << start + i;
    }
    return ThreadMap.emit(ptx, value, new LinearMap(columns));
  }

  static Operand and(PtxBuilder ptx, Operand value, int mask) {
    return ptx.emit("and.b32", RegisterClass.B32, value, Immediate.b32(mask));
  }

  /** Whether a number has none of the bits of the mask. */
  static Operand hasNone(PtxBuilder ptx, Operand value, int mask) {
    return ptx.emit("setp.eq.s32", RegisterClass.PRED, and(ptx, value, mask), Immediate.b32(0));
  }
}
