package dev.kiln.compiler.ptx;

import static dev.kiln.compiler.ptx.Rewriting.constant;
import static dev.kiln.compiler.ptx.Rewriting.isNumber;
import static dev.kiln.compiler.ptx.Rewriting.number;

import dev.kiln.compiler.ptx.Opcode.Kind;
import dev.kiln.compiler.ptx.Rewriting.Definition;
import java.util.List;

/**
 * Sums of integers: numbers go outside, where addresses take them as offsets; what changes in more
 * loops goes outside of what changes in fewer.
 */
final class SumRules {
  private SumRules() {}

  static void addTo(RuleTable table) {
    table.on(Kind.INTEGER, "add", SumRules::identities);
    table.on(Kind.INTEGER, "add", SumRules::numbersOutside);
    table.on(Kind.INTEGER, "add", SumRules::invariantsInside);
    table.on(Kind.INTEGER, "sub", SumRules::difference);
    table.on(Kind.INTEGER, "neg", SumRules::negation);
    table.on(Kind.INTEGER, "or", SumRules::disjoint);
    table.on(Kind.INTEGER, "xor", SumRules::disjoint);
    table.on(Kind.INTEGER, "mad.lo", SumRules::productAndSum);
    table.on(Kind.INTEGER, "mad.wide", SumRules::productAndSum);
  }

  private static Operand identities(Rewriting body, Opcode opcode, List<Operand> operands) {
    return isNumber(operands.get(1), 0) ? operands.get(0) : null;
  }

  private static Operand numbersOutside(Rewriting body, Opcode opcode, List<Operand> operands) {
    int bits = opcode.bits();
    Operand x = operands.get(0);
    Operand y = operands.get(1);
    Definition left = body.offset(x, bits);
    if (isNumber(y)) {
      return left == null
          ? null
          : sum(body, bits, left.operand(0), constant(bits, number(left.operand(1)) + number(y)));
    }
    Definition right = body.offset(y, bits);
    if (left == null && right == null) {
      return null;
    }
    long number =
        (left == null ? 0 : number(left.operand(1)))
            + (right == null ? 0 : number(right.operand(1)));
    Operand inner =
        sum(body, bits, left == null ? x : left.operand(0), right == null ? y : right.operand(0));
    return sum(body, bits, inner, constant(bits, number));
  }

  private static Operand sum(Rewriting body, int bits, Operand a, Operand b) {
    return body.integer("add", bits, a, b);
  }

  private static Operand invariantsInside(Rewriting body, Opcode opcode, List<Operand> operands) {
    Operand x = operands.get(0);
    Operand y = operands.get(1);
    if (isNumber(y)) {
      return null;
    }
    Operand turned = turned(body, opcode.bits(), x, y);
    return turned != null ? turned : turned(body, opcode.bits(), y, x);
  }

  /** {@code (u + v) + y} as {@code (u + y) + v} if only {@code v} changes in inner loops. */
  private static Operand turned(Rewriting body, int bits, Operand x, Operand y) {
    Definition sum = body.definition(x, "add", bits);
    if (sum == null || isNumber(sum.operand(1))) {
      return null;
    }
    int level = body.level(y);
    Operand u = sum.operand(0);
    Operand v = sum.operand(1);
    if (body.level(v) > Math.max(level, body.level(u))) {
      return sum(body, bits, sum(body, bits, u, y), v);
    }
    if (body.level(u) > Math.max(level, body.level(v))) {
      return sum(body, bits, sum(body, bits, v, y), u);
    }
    return null;
  }

  private static Operand difference(Rewriting body, Opcode opcode, List<Operand> operands) {
    int bits = opcode.bits();
    Operand x = operands.get(0);
    Operand y = operands.get(1);
    if (x.equals(y)) {
      return constant(bits, 0);
    }
    if (isNumber(y)) {
      return sum(body, bits, x, constant(bits, -number(y)));
    }
    if (isNumber(x, 0)) {
      return body.integer("neg", bits, y);
    }
    Definition left = body.offset(x, bits);
    if (left != null) {
      return sum(body, bits, body.integer("sub", bits, left.operand(0), y), left.operand(1));
    }
    Definition right = body.offset(y, bits);
    if (right != null && !isNumber(x)) {
      Operand inner = body.integer("sub", bits, x, right.operand(0));
      return sum(body, bits, inner, constant(bits, -number(right.operand(1))));
    }
    return null;
  }

  private static Operand negation(Rewriting body, Opcode opcode, List<Operand> operands) {
    Definition inner = body.definition(operands.getFirst(), "neg", opcode.bits());
    return inner == null ? null : inner.operand(0);
  }

  /** Where no bit is one in both, nothing is carried: a sum folds better. */
  private static Operand disjoint(Rewriting body, Opcode opcode, List<Operand> operands) {
    Facts a = body.facts(operands.get(0));
    Facts b = body.facts(operands.get(1));
    return opcode.bits() >= 32 && a.isDisjoint(b)
        ? sum(body, opcode.bits(), operands.get(0), operands.get(1))
        : null;
  }

  /** Taken apart, to be simplified; put together again at the end. */
  private static Operand productAndSum(Rewriting body, Opcode opcode, List<Operand> operands) {
    String product = opcode.name().replace("mad", "mul") + "." + opcode.type();
    int bits = opcode.name().equals("mad.wide") ? 2 * opcode.bits() : opcode.bits();
    if (bits > 64) {
      return null;
    }
    Operand result = body.emit(product, Opcode.register(bits), operands.get(0), operands.get(1));
    return sum(body, bits, result, operands.get(2));
  }
}
