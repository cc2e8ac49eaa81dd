package dev.kiln.compiler.ptx;

import static dev.kiln.compiler.ptx.Rewriting.constant;
import static dev.kiln.compiler.ptx.Rewriting.isNumber;
import static dev.kiln.compiler.ptx.Rewriting.number;

import dev.kiln.compiler.ptx.Opcode.Kind;
import dev.kiln.compiler.ptx.Rewriting.Definition;
import java.util.List;

/** Products, quotients and shifts of integers by numbers. */
final class ProductRules {
  private ProductRules() {}

  static void addTo(RuleTable table) {
    table.on(Kind.INTEGER, "mul.lo", ProductRules::product);
    table.on(Kind.INTEGER, "mul.wide", ProductRules::wideProduct);
    table.on(Kind.INTEGER, "shl", ProductRules::shiftLeft);
    table.on(Kind.INTEGER, "shr", ProductRules::shiftRight);
    table.on(Kind.INTEGER, "div", ProductRules::quotient);
    table.on(Kind.INTEGER, "rem", ProductRules::remainder);
  }

  private static boolean isPowerOfTwo(long number) {
    return number > 0 && (number & number - 1) == 0;
  }

  private static Operand shift(long power) {
    return constant(32, Long.numberOfTrailingZeros(power));
  }

  private static Operand product(Rewriting body, Opcode opcode, List<Operand> operands) {
    int bits = opcode.bits();
    Operand x = operands.get(0);
    Operand y = operands.get(1);
    if (!isNumber(y)) {
      return null;
    }
    long factor = number(y);
    if (factor == 0) {
      return y;
    }
    if (factor == 1) {
      return x;
    }
    if (isPowerOfTwo(factor)) {
      return body.bits("shl", bits, x, shift(factor));
    }
    Definition sum = body.offset(x, bits);
    if (sum != null) {
      Operand inner = body.integer("mul.lo", bits, sum.operand(0), y);
      return body.integer("add", bits, inner, constant(bits, number(sum.operand(1)) * factor));
    }
    Definition scaled = body.definition(x, "mul.lo", bits);
    if (scaled != null && isNumber(scaled.operand(1))) {
      return body.integer(
          "mul.lo", bits, scaled.operand(0), constant(bits, number(scaled.operand(1)) * factor));
    }
    Definition shifted = body.definition(x, "shl", bits);
    if (shifted != null && isNumber(shifted.operand(1))) {
      Operand all = constant(bits, factor << number(shifted.operand(1)));
      return body.integer("mul.lo", bits, shifted.operand(0), all);
    }
    return widened(body, bits, x, factor);
  }

  /** A product of 64 bits whose left factor was 32 bits before. */
  private static Operand widened(Rewriting body, int bits, Operand x, long factor) {
    Definition wide = body.definition(x);
    return bits == 64
            && wide != null
            && wide.opcode().text().equals("cvt.s64.s32")
            && factor == (int) factor
        ? body.emit("mul.wide.s32", RegisterClass.B64, wide.operand(0), constant(32, factor))
        : null;
  }

  private static Operand wideProduct(Rewriting body, Opcode opcode, List<Operand> operands) {
    Operand x = operands.get(0);
    Operand y = operands.get(1);
    if (!isNumber(y) || opcode.bits() != 32) {
      return null;
    }
    long factor = opcode.isUnsigned() ? number(y) & 0xFFFFFFFFL : number(y);
    Facts facts = body.facts(x);
    if (opcode.isUnsigned()) {
      return facts.isNonNegative() && factor == (int) factor
          ? body.emit("mul.wide.s32", RegisterClass.B64, x, y)
          : null;
    }
    if (factor == 0) {
      return constant(64, 0);
    }
    if (factor == 1) {
      return body.emit("cvt.s64.s32", RegisterClass.B64, x);
    }
    Definition sum = body.offset(x, 32);
    if (sum != null && body.facts(sum.operand(0)).addsWithoutWrap(number(sum.operand(1)), 32)) {
      Operand inner = body.emit("mul.wide.s32", RegisterClass.B64, sum.operand(0), y);
      return body.integer("add", 64, inner, constant(64, number(sum.operand(1)) * factor));
    }
    Definition shifted = body.definition(x, "shl", 32);
    if (shifted != null && isNumber(shifted.operand(1))) {
      long all = factor << number(shifted.operand(1));
      Facts before = body.facts(shifted.operand(0));
      if (all == (int) all && keepsAll(before, number(shifted.operand(1)), 32)) {
        return body.emit("mul.wide.s32", RegisterClass.B64, shifted.operand(0), constant(32, all));
      }
    }
    return null;
  }

  /** Whether a shift to the left loses nothing and keeps the sign. */
  private static boolean keepsAll(Facts facts, long shift, int bits) {
    return facts.min() >= Facts.least(bits) >> shift
        && facts.max() <= Facts.greatest(bits) >> shift;
  }

  private static Operand shiftLeft(Rewriting body, Opcode opcode, List<Operand> operands) {
    int bits = opcode.bits();
    Operand x = operands.get(0);
    if (!isNumber(operands.get(1))) {
      return isNumber(x, 0) ? x : null;
    }
    long by = number(operands.get(1)) & 0xFFFFFFFFL;
    if (by == 0) {
      return x;
    }
    if (by >= bits) {
      return constant(bits, 0);
    }
    Definition inner = body.definition(x);
    if (inner == null || inner.opcode().kind() != Kind.INTEGER) {
      return null;
    }
    if (inner.opcode().text().equals("cvt.s64.s32") && by < 31) {
      return body.emit("mul.wide.s32", RegisterClass.B64, inner.operand(0), constant(32, 1L << by));
    }
    if (inner.operands().size() != 2
        || !isNumber(inner.operand(1))
        || inner.opcode().bits() != bits) {
      return null;
    }
    Operand u = inner.operand(0);
    long number = number(inner.operand(1));
    return switch (inner.opcode().name()) {
      case "add" ->
          body.integer(
              "add",
              bits,
              body.bits("shl", bits, u, operands.get(1)),
              constant(bits, number << by));
      case "shl" -> body.bits("shl", bits, u, constant(32, Math.min(bits, number + by)));
      case "mul.lo" -> body.integer("mul.lo", bits, u, constant(bits, number << by));
      case "shr" -> number == by ? body.bits("and", bits, u, constant(bits, -1L << by)) : null;
      default -> null;
    };
  }

  private static Operand shiftRight(Rewriting body, Opcode opcode, List<Operand> operands) {
    int bits = opcode.bits();
    Operand x = operands.get(0);
    if (!isNumber(operands.get(1)) || bits < 32) {
      return isNumber(operands.get(1), 0) ? x : null;
    }
    long by = number(operands.get(1)) & 0xFFFFFFFFL;
    if (by == 0) {
      return x;
    }
    Facts facts = body.facts(x);
    if (!facts.isNonNegative()) {
      return null;
    }
    if (by >= bits || facts.max() >> by == 0) {
      return constant(bits, 0);
    }
    if (opcode.type().startsWith("s")) {
      return body.emit("shr.u" + bits, Opcode.register(bits), operands.toArray(Operand[]::new));
    }
    Definition sum = body.offset(x, bits);
    if (sum != null && body.facts(sum.operand(0)).isDisjoint(body.facts(sum.operand(1)))) {
      Operand inner =
          body.emit("shr.u" + bits, Opcode.register(bits), sum.operand(0), operands.get(1));
      return body.integer("add", bits, inner, constant(bits, number(sum.operand(1)) >> by));
    }
    Definition right = body.definition(x, "shr", bits);
    if (right != null && right.opcode().isUnsigned() && isNumber(right.operand(1))) {
      Operand all = constant(32, Math.min(bits, number(right.operand(1)) + by));
      return body.emit("shr.u" + bits, Opcode.register(bits), right.operand(0), all);
    }
    Definition left = body.definition(x, "shl", bits);
    if (left != null
        && isNumber(left.operand(1))
        && body.facts(left.operand(0)).isNonNegative()
        && keepsAll(body.facts(left.operand(0)), number(left.operand(1)), bits)) {
      long rest = by - number(left.operand(1));
      return rest >= 0
          ? body.emit("shr.u" + bits, Opcode.register(bits), left.operand(0), constant(32, rest))
          : body.bits("shl", bits, left.operand(0), constant(32, -rest));
    }
    return null;
  }

  private static Operand quotient(Rewriting body, Opcode opcode, List<Operand> operands) {
    Operand x = operands.get(0);
    if (isNumber(operands.get(1), 1)) {
      return x;
    }
    return isPlainDivision(body, opcode, operands)
        ? body.emit(
            "shr.u" + opcode.bits(),
            Opcode.register(opcode.bits()),
            x,
            shift(number(operands.get(1))))
        : null;
  }

  private static Operand remainder(Rewriting body, Opcode opcode, List<Operand> operands) {
    return isPlainDivision(body, opcode, operands)
        ? body.bits(
            "and",
            opcode.bits(),
            operands.get(0),
            constant(opcode.bits(), number(operands.get(1)) - 1))
        : null;
  }

  /** By a power of two, of a number that is unsigned or not negative. */
  private static boolean isPlainDivision(Rewriting body, Opcode opcode, List<Operand> operands) {
    return isNumber(operands.get(1))
        && isPowerOfTwo(number(operands.get(1)))
        && (opcode.isUnsigned() || body.facts(operands.get(0)).isNonNegative());
  }
}
