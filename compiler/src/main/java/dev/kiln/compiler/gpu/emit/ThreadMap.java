package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.layout.LinearMap;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.Map;
import java.util.TreeMap;

/** Linear maps over GF(2) of the thread's number, as arithmetic. */
public final class ThreadMap {
  private ThreadMap() {}

  /**
   * What the map gives for a number, {@code .b32}. Bits that move equally far move together.
   *
   * @param number {@code .b32}; bits that the map does not know are ignored
   */
  public static Operand emit(PtxBuilder ptx, Operand number, LinearMap map) {
    Map<Integer, Integer> masks = new TreeMap<>();
    int[] columns = map.columns();
    for (int bit = 0; bit < columns.length; bit++) {
      for (int image = columns[bit]; image != 0; image &= image - 1) {
        masks.merge(Integer.numberOfTrailingZeros(image) - bit, 1 << bit, (a, b) -> a | b);
      }
    }
    Operand sum = Immediate.b32(0);
    int reached = 0;
    for (Map.Entry<Integer, Integer> entry : masks.entrySet()) {
      int shift = entry.getKey();
      int mask = entry.getValue();
      int image = shift < 0 ? mask >>> -shift : mask << shift;
      Operand part = shifted(ptx, masked(ptx, number, mask), shift);
      // Sums of parts without common bits can be folded into addresses by later passes.
      String combine = (reached & image) == 0 ? "add.s32" : "xor.b32";
      sum = reached == 0 ? part : ptx.emit(combine, RegisterClass.B32, sum, part);
      reached |= image;
    }
    return sum;
  }

  private static Operand masked(PtxBuilder ptx, Operand number, int mask) {
    return ptx.emit("and.b32", RegisterClass.B32, number, Immediate.b32(mask));
  }

  private static Operand shifted(PtxBuilder ptx, Operand number, int shift) {
    if (shift == 0) {
      return number;
    }
    return ptx.emit(
        shift > 0 ? "shl.b32" : "shr.u32",
        RegisterClass.B32,
        number,
        Immediate.b32(Math.abs(shift)));
  }
}
