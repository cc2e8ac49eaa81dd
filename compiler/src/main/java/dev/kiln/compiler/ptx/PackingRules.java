package dev.kiln.compiler.ptx;

import static dev.kiln.compiler.ptx.Rewriting.constant;
import static dev.kiln.compiler.ptx.Rewriting.isNumber;
import static dev.kiln.compiler.ptx.Rewriting.number;

import dev.kiln.compiler.ptx.Opcode.Kind;
import dev.kiln.compiler.ptx.Operand.Vector;
import dev.kiln.compiler.ptx.Rewriting.Definition;
import java.util.ArrayList;
import java.util.List;

/** Moves between a register and several narrower ones, {@code mov.b32 x, {lo, hi}}. */
final class PackingRules {
  private PackingRules() {}

  static void addTo(RuleTable table) {
    table.on(Kind.INTEGER, "mov", PackingRules::pack);
  }

  private static Operand pack(Rewriting body, Opcode opcode, List<Operand> operands) {
    if (!(operands.getFirst() instanceof Vector vector)) {
      return null;
    }
    List<Operand> parts = vector.elements();
    if (parts.stream().allMatch(Rewriting::isNumber)) {
      return numbers(opcode.bits(), parts);
    }
    Operand whole = unpacked(body, opcode, parts);
    return whole != null ? whole : halves(body, opcode, parts);
  }

  private static Operand numbers(int bits, List<Operand> parts) {
    int width = bits / parts.size();
    long value = 0;
    for (int i = 0; i < parts.size(); i++) {
      value |= (number(parts.get(i)) & (width == 64 ? -1 : (1L << width) - 1)) << i * width;
    }
    return constant(bits, value);
  }

  /** The register that just these parts, in order, were taken from. */
  private static Operand unpacked(Rewriting body, Opcode opcode, List<Operand> parts) {
    Operand whole = null;
    for (int i = 0; i < parts.size(); i++) {
      Definition part = body.definition(parts.get(i));
      if (part == null
          || !isUnpacking(part)
          || part.index() != i
          || part.opcode().bits() != opcode.bits()
          || parts.get(i).type().bits() * parts.size() != opcode.bits()
          || whole != null && !whole.equals(part.operand(0))) {
        return null;
      }
      whole = part.operand(0);
    }
    return whole;
  }

  private static boolean isUnpacking(Definition definition) {
    return definition.opcode().name().equals("mov")
        && definition.operands().size() == 1
        && !(definition.operand(0) instanceof Vector)
        && !(definition.operand(0) instanceof Operand.Name);
  }

  /** Two conversions to half precision are one. */
  private static Operand halves(Rewriting body, Opcode opcode, List<Operand> parts) {
    if (parts.size() != 2 || opcode.bits() != 32) {
      return null;
    }
    Definition low = body.definition(parts.get(0));
    Definition high = body.definition(parts.get(1));
    if (low == null || high == null || !low.opcode().text().equals(high.opcode().text())) {
      return null;
    }
    return switch (low.opcode().text()) {
      case "cvt.rn.f16.f32", "cvt.rn.bf16.f32" -> {
        String packed = "cvt.rn." + low.opcode().type() + "x2.f32";
        yield body.emit(packed, RegisterClass.B32, high.operand(0), low.operand(0));
      }
      default -> null;
    };
  }

  /**
   * What the parts of a register are, if they are known: numbers, or what it was packed from.
   *
   * @param parts registers to be written, for their widths
   * @return {@code null} if they are not known
   */
  static List<Operand> unpack(Rewriting body, Opcode opcode, List<Operand> parts, Operand whole) {
    int width = parts.getFirst().type().bits();
    if (isNumber(whole)) {
      var numbers = new ArrayList<Operand>();
      for (int i = 0; i < parts.size(); i++) {
        numbers.add(constant(width, number(whole) >> i * width));
      }
      return numbers;
    }
    Definition packed = body.definition(whole);
    return packed != null
            && packed.opcode().name().equals("mov")
            && packed.opcode().bits() == opcode.bits()
            && packed.operand(0) instanceof Vector vector
            && vector.elements().size() == parts.size()
        ? vector.elements()
        : null;
  }
}
