package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.Operand.Vector;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.ArrayList;
import java.util.List;

/** Elements of less than 32 bits, held as {@link Elements} says, to words and back. */
public final class Packing {
  private Packing() {}

  /**
   * Words of 32 bits that hold elements beside each other, the first lowest.
   *
   * @param bits of an element, 8 to 64; elements of 64 bits stay as they are
   * @param elements a multiple of as many as a word holds
   */
  public static List<Operand> words(PtxBuilder ptx, int bits, List<Operand> elements) {
    if (bits >= 32) {
      return elements;
    }
    int count = 32 / bits;
    var words = new ArrayList<Operand>();
    for (int i = 0; i < elements.size(); i += count) {
      List<Operand> group = elements.subList(i, i + count);
      words.add(bits == 16 ? halves(ptx, group) : bytes(ptx, group));
    }
    return words;
  }

  private static Operand halves(PtxBuilder ptx, List<Operand> pair) {
    Operand low = pair.get(0);
    Operand high = pair.get(1);
    if (low.type() == RegisterClass.B32) {
      return ptx.emit("prmt.b32", RegisterClass.B32, low, high, Immediate.b32(0x5410));
    }
    return ptx.emit("mov.b32", RegisterClass.B32, Vector.of(low, high));
  }

  private static Operand bytes(PtxBuilder ptx, List<Operand> four) {
    Operand low = bytePair(ptx, four.get(0), four.get(1));
    Operand high = bytePair(ptx, four.get(2), four.get(3));
    return ptx.emit("prmt.b32", RegisterClass.B32, low, high, Immediate.b32(0x5410));
  }

  /** The low 16 bits are the two bytes. */
  private static Operand bytePair(PtxBuilder ptx, Operand low, Operand high) {
    return ptx.emit(
        "prmt.b32", RegisterClass.B32, wide(ptx, low), wide(ptx, high), Immediate.b32(0x0040));
  }

  /** Two elements of 8 bits as the low 16 bits of a word. */
  static Operand bytePair(PtxBuilder ptx, List<Operand> pair) {
    return bytePair(ptx, pair.get(0), pair.get(1));
  }

  private static Operand wide(PtxBuilder ptx, Operand element) {
    return element.type() == RegisterClass.B32
        ? element
        : ptx.emit("cvt.u32.u16", RegisterClass.B32, element);
  }

  /** The two halves of a word. */
  public static List<Operand> halvesOf(PtxBuilder ptx, Operand word) {
    Register low = ptx.register(RegisterClass.B16);
    Register high = ptx.register(RegisterClass.B16);
    ptx.emit("mov.b32", List.of(Vector.of(low, high)), word);
    return List.of(low, high);
  }
}
