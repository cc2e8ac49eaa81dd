package dev.kiln.compiler.ptx;

import static dev.kiln.compiler.ptx.Rewriting.constant;
import static dev.kiln.compiler.ptx.Rewriting.isNumber;
import static dev.kiln.compiler.ptx.Rewriting.number;

import dev.kiln.compiler.ptx.Opcode.Kind;
import dev.kiln.compiler.ptx.Rewriting.Definition;
import java.util.List;

/** Bitwise operations on integers, by what is known of the bits. */
final class BitRules {
  private BitRules() {}

  static void addTo(RuleTable table) {
    table.on(Kind.INTEGER, "and", BitRules::mask);
    table.on(Kind.INTEGER, "or", BitRules::or);
    table.on(Kind.INTEGER, "xor", BitRules::xor);
    table.on(Kind.INTEGER, "not", BitRules::not);
    table.on(Kind.INTEGER, "bfe", BitRules::extract);
  }

  private static Operand mask(Rewriting body, Opcode opcode, List<Operand> operands) {
    int bits = opcode.bits();
    Operand x = operands.get(0);
    Operand y = operands.get(1);
    if (x.equals(y)) {
      return x;
    }
    if (bits < 32) {
      return isNumber(y, -1) ? x : isNumber(y, 0) ? y : null;
    }
    Facts facts = body.facts(x);
    if (facts.isDisjoint(body.facts(y))) {
      return constant(bits, 0);
    }
    if (!isNumber(y)) {
      return null;
    }
    long mask = number(y);
    if ((facts.possible() & ~mask) == 0) {
      return x;
    }
    Definition inner = body.definition(x, "and", bits);
    if (inner != null && isNumber(inner.operand(1))) {
      return body.bits(
          "and", bits, inner.operand(0), constant(bits, number(inner.operand(1)) & mask));
    }
    Definition sum = body.definition(x, "add", bits);
    return sum == null ? null : ofSum(body, bits, sum, mask);
  }

  private static Operand ofSum(Rewriting body, int bits, Definition sum, long mask) {
    Operand u = sum.operand(0);
    Operand v = sum.operand(1);
    boolean low = (mask & mask + 1) == 0;
    if (low && (body.facts(v).possible() & mask) == 0) {
      return body.bits("and", bits, u, constant(bits, mask));
    }
    if (low && (body.facts(u).possible() & mask) == 0) {
      return body.bits("and", bits, v, constant(bits, mask));
    }
    if (isNumber(v) && body.facts(u).isDisjoint(body.facts(v))) {
      Operand rest = body.bits("and", bits, u, constant(bits, mask));
      return body.integer("add", bits, rest, constant(bits, number(v) & mask));
    }
    return null;
  }

  private static Operand or(Rewriting body, Opcode opcode, List<Operand> operands) {
    Operand x = operands.get(0);
    Operand y = operands.get(1);
    if (x.equals(y) || isNumber(y, 0)) {
      return x;
    }
    return isNumber(y, -1) ? y : null;
  }

  private static Operand xor(Rewriting body, Opcode opcode, List<Operand> operands) {
    int bits = opcode.bits();
    Operand x = operands.get(0);
    Operand y = operands.get(1);
    if (x.equals(y)) {
      return constant(bits, 0);
    }
    if (isNumber(y, 0)) {
      return x;
    }
    Definition inner = body.definition(x, "xor", bits);
    if (isNumber(y) && inner != null && isNumber(inner.operand(1))) {
      return body.bits(
          "xor", bits, inner.operand(0), constant(bits, number(inner.operand(1)) ^ number(y)));
    }
    return isNumber(y) && bits >= 32 ? ofSum(body, bits, x, number(y)) : null;
  }

  /** {@code (u + c) ^ y} where {@code u} and {@code c} have no bit in common and the bits apart. */
  private static Operand ofSum(Rewriting body, int bits, Operand x, long y) {
    Definition sum = body.offset(x, bits);
    if (sum == null) {
      return null;
    }
    Facts u = body.facts(sum.operand(0));
    long c = number(sum.operand(1));
    if (!u.isDisjoint(Facts.constant(c))) {
      return null;
    }
    // Bits that u never has are flipped in the number.
    long ours = y & u.zeros();
    if (ours == 0) {
      return null;
    }
    Operand rest = body.bits("xor", bits, sum.operand(0), constant(bits, y & ~ours));
    return body.integer("add", bits, rest, constant(bits, c ^ ours));
  }

  private static Operand not(Rewriting body, Opcode opcode, List<Operand> operands) {
    Definition inner = body.definition(operands.getFirst(), "not", opcode.bits());
    return inner == null ? null : inner.operand(0);
  }

  /** {@code bfe.u32 x, from, count} as a shift and a mask, which simplify further. */
  private static Operand extract(Rewriting body, Opcode opcode, List<Operand> operands) {
    int bits = opcode.bits();
    if (!opcode.isUnsigned() || !isNumber(operands.get(1)) || !isNumber(operands.get(2))) {
      return null;
    }
    long from = number(operands.get(1));
    long count = number(operands.get(2));
    if (from < 0 || from >= bits || count < 0 || count > bits) {
      return null;
    }
    // One instruction stays one.
    if (from != 0
        && from + count < bits
        && body.facts(operands.get(0)).max() >> from >= 1L << count) {
      return null;
    }
    Operand shifted =
        body.emit("shr.u" + bits, Opcode.register(bits), operands.get(0), constant(32, from));
    return count >= 64
        ? shifted
        : body.bits("and", bits, shifted, constant(bits, (1L << count) - 1));
  }
}
