package dev.kiln.compiler.ptx;

import static dev.kiln.compiler.ptx.Rewriting.constant;
import static dev.kiln.compiler.ptx.Rewriting.isNumber;
import static dev.kiln.compiler.ptx.Rewriting.number;

import dev.kiln.compiler.ptx.Opcode.Kind;
import dev.kiln.compiler.ptx.Rewriting.Definition;
import java.util.List;
import java.util.Map;

/** Conversions between widths of integers, and of floats there and back. */
final class ConversionRules {
  /** Conversions that lose nothing, and those that take them back. */
  private static final Map<String, String> EXACT_AND_BACK =
      Map.of(
          "cvt.f32.f16", "cvt.rn.f16.f32",
          "cvt.f32.bf16", "cvt.rn.bf16.f32",
          "cvt.f64.f32", "cvt.rn.f32.f64",
          "cvt.f64.f16", "cvt.rn.f16.f64");

  private ConversionRules() {}

  static void addTo(RuleTable table) {
    table.on(Kind.INTEGER, "cvt", ConversionRules::integers);
    for (Kind kind : Kind.values()) {
      table.on(kind, "cvt.rn", ConversionRules::thereAndBack);
    }
  }

  private static Operand thereAndBack(Rewriting body, Opcode opcode, List<Operand> operands) {
    Definition inner = operands.size() == 1 ? body.definition(operands.getFirst()) : null;
    return inner != null && opcode.text().equals(EXACT_AND_BACK.get(inner.opcode().text()))
        ? inner.operand(0)
        : null;
  }

  private static Operand integers(Rewriting body, Opcode opcode, List<Operand> operands) {
    Operand x = operands.getFirst();
    if (!Opcode.isInteger(opcode.source())) {
      return null;
    }
    int to = opcode.bits();
    int from = opcode.sourceBits();
    if (isNumber(x)) {
      return converted(opcode, number(x));
    }
    if (from == to && x.type() == Opcode.register(to)) {
      return from >= 32 ? x : null;
    }
    if (from == 32 && to == 64) {
      return widened(body, opcode, x);
    }
    if (from >= to && x.type() != Opcode.register(to)) {
      return from == 64 && to == 32 ? narrowed(body, x) : null;
    }
    return from <= 16 && to == 32 && x.type() == RegisterClass.B32
        ? extended(body, opcode, x)
        : null;
  }

  private static Operand converted(Opcode opcode, long value) {
    int from = Math.min(opcode.bits(), opcode.sourceBits());
    long cut = Facts.wrap(value, from);
    boolean zeros = !opcode.source().startsWith("s") && from < 64;
    return constant(Math.max(16, opcode.bits()), zeros ? cut & (1L << from) - 1 : cut);
  }

  private static Operand widened(Rewriting body, Opcode opcode, Operand x) {
    if (!opcode.source().equals("s32")) {
      return body.facts(x).isNonNegative() ? body.emit("cvt.s64.s32", RegisterClass.B64, x) : null;
    }
    if (!opcode.type().equals("s64")) {
      return body.emit("cvt.s64.s32", RegisterClass.B64, x);
    }
    Definition sum = body.offset(x, 32);
    if (sum == null || !body.facts(sum.operand(0)).addsWithoutWrap(number(sum.operand(1)), 32)) {
      return null;
    }
    Operand inner = body.emit("cvt.s64.s32", RegisterClass.B64, sum.operand(0));
    return body.integer("add", 64, inner, constant(64, number(sum.operand(1))));
  }

  private static Operand narrowed(Rewriting body, Operand x) {
    Definition inner = body.definition(x);
    if (inner == null) {
      return null;
    }
    return switch (inner.opcode().text()) {
      case "cvt.s64.s32", "cvt.u64.u32" -> inner.operand(0);
      case "mul.wide.s32" -> body.integer("mul.lo", 32, inner.operand(0), inner.operand(1));
      default -> null;
    };
  }

  /** Sign or zero extension of the low bits of a register, which they may be already. */
  private static Operand extended(Rewriting body, Opcode opcode, Operand x) {
    int from = opcode.sourceBits();
    Facts facts = body.facts(x);
    if (opcode.source().startsWith("s")) {
      return facts.min() >= Facts.least(from) && facts.max() <= Facts.greatest(from) ? x : null;
    }
    return body.bits("and", 32, x, constant(32, (1L << from) - 1));
  }
}
