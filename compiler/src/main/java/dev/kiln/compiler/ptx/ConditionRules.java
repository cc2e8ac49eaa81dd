package dev.kiln.compiler.ptx;

import static dev.kiln.compiler.ptx.Rewriting.isNumber;
import static dev.kiln.compiler.ptx.Rewriting.number;
import static dev.kiln.compiler.ptx.Rewriting.truth;

import dev.kiln.compiler.ptx.Opcode.Kind;
import dev.kiln.compiler.ptx.Rewriting.Definition;
import java.util.List;
import java.util.Set;

/** Predicates, comparisons of integers, selections, minima and maxima. */
final class ConditionRules {
  private static final List<String> COMPARISONS =
      List.of(
          "setp.eq", "setp.ne", "setp.lt", "setp.le", "setp.gt", "setp.ge", "setp.lo", "setp.ls",
          "setp.hi", "setp.hs");

  private static final Set<String> UNSIGNED = Set.of("setp.lo", "setp.ls", "setp.hi", "setp.hs");

  private ConditionRules() {}

  static void addTo(RuleTable table) {
    table.on(Kind.PREDICATE, "and", ConditionRules::and);
    table.on(Kind.PREDICATE, "or", ConditionRules::or);
    table.on(Kind.PREDICATE, "xor", ConditionRules::xor);
    table.on(Kind.PREDICATE, "not", ConditionRules::not);
    for (String name : COMPARISONS) {
      table.on(Kind.INTEGER, name, ConditionRules::compare);
    }
    table.on(Kind.INTEGER, "selp", ConditionRules::select);
    table.on(Kind.OTHER, "selp", ConditionRules::select);
    table.on(Kind.INTEGER, "min", ConditionRules::extremum);
    table.on(Kind.INTEGER, "max", ConditionRules::extremum);
  }

  private static Operand and(Rewriting body, Opcode opcode, List<Operand> operands) {
    Operand x = operands.get(0);
    Operand y = operands.get(1);
    if (isNumber(y)) {
      return number(y) == 0 ? y : x;
    }
    return x.equals(y) ? x : isComplement(body, x, y) ? truth(false) : null;
  }

  private static Operand or(Rewriting body, Opcode opcode, List<Operand> operands) {
    Operand x = operands.get(0);
    Operand y = operands.get(1);
    if (isNumber(y)) {
      return number(y) == 0 ? x : truth(true);
    }
    return x.equals(y) ? x : isComplement(body, x, y) ? truth(true) : null;
  }

  private static Operand xor(Rewriting body, Opcode opcode, List<Operand> operands) {
    Operand x = operands.get(0);
    Operand y = operands.get(1);
    if (isNumber(y)) {
      return number(y) == 0 ? x : body.emit("not.pred", RegisterClass.PRED, x);
    }
    return x.equals(y) ? truth(false) : null;
  }

  private static boolean isComplement(Rewriting body, Operand x, Operand y) {
    Operand notX = complement(body, x);
    Operand notY = complement(body, y);
    return notX != null && notX.equals(y) || notY != null && notY.equals(x);
  }

  /** What a predicate is the negation of, or {@code null}. */
  static Operand complement(Rewriting body, Operand predicate) {
    Definition definition = body.definition(predicate);
    return definition != null && definition.opcode().text().equals("not.pred")
        ? definition.operand(0)
        : null;
  }

  private static Operand not(Rewriting body, Opcode opcode, List<Operand> operands) {
    Operand x = operands.getFirst();
    return isNumber(x) ? truth(number(x) == 0) : complement(body, x);
  }

  private static Operand compare(Rewriting body, Opcode opcode, List<Operand> operands) {
    Operand x = operands.get(0);
    Operand y = operands.get(1);
    String name = opcode.name();
    boolean unsigned = opcode.isUnsigned() || UNSIGNED.contains(name);
    int bits = opcode.bits();
    if (operands.size() != 2) {
      return null;
    }
    if (x.equals(y)) {
      return ConstantRules.compare(name, 0, 0, unsigned);
    }
    if (isNumber(x) && isNumber(y)) {
      long mask = unsigned && bits < 64 ? (1L << bits) - 1 : -1;
      return ConstantRules.compare(
          name, Facts.wrap(number(x), bits) & mask, Facts.wrap(number(y), bits) & mask, unsigned);
    }
    if (bits < 32) {
      return null;
    }
    Operand known = unsigned ? null : byRange(name, body.facts(x), body.facts(y));
    return known != null ? known : ofTruth(body, name, x, y);
  }

  private static Operand byRange(String name, Facts x, Facts y) {
    Operand ifLess = ConstantRules.compare(name, 0, 1, false);
    Operand ifEqual = ConstantRules.compare(name, 0, 0, false);
    Operand ifGreater = ConstantRules.compare(name, 1, 0, false);
    if (x.max() < y.min()) {
      return ifLess;
    }
    if (x.min() > y.max()) {
      return ifGreater;
    }
    if (x.max() <= y.min()) {
      return ifLess.equals(ifEqual) ? ifLess : null;
    }
    if (x.min() >= y.max()) {
      return ifGreater.equals(ifEqual) ? ifGreater : null;
    }
    // Bits of a number that the other never has.
    boolean differ =
        (y.isConstant() && (y.min() & x.zeros()) != 0)
            || (x.isConstant() && (x.min() & y.zeros()) != 0);
    return differ && ifLess.equals(ifGreater) ? ifLess : null;
  }

  /** {@code selp(1, 0, p) != 0} is {@code p}. */
  private static Operand ofTruth(Rewriting body, String name, Operand x, Operand y) {
    boolean equal = name.equals("setp.eq");
    Definition choice = body.definition(x);
    if (!equal && !name.equals("setp.ne")
        || !isNumber(y)
        || choice == null
        || !choice.opcode().name().equals("selp")
        || choice.opcode().kind() != Kind.INTEGER
        || !isNumber(choice.operand(0))
        || !isNumber(choice.operand(1))) {
      return null;
    }
    boolean first = (number(choice.operand(0)) == number(y)) == equal;
    boolean second = (number(choice.operand(1)) == number(y)) == equal;
    if (first == second) {
      return truth(first);
    }
    Operand predicate = choice.operand(2);
    return first ? predicate : body.emit("not.pred", RegisterClass.PRED, predicate);
  }

  private static Operand select(Rewriting body, Opcode opcode, List<Operand> operands) {
    Operand x = operands.get(0);
    Operand y = operands.get(1);
    Operand predicate = operands.get(2);
    if (isNumber(predicate)) {
      return number(predicate) == 0 ? y : x;
    }
    if (x.equals(y)) {
      return x;
    }
    Operand opposite = complement(body, predicate);
    return opposite == null ? null : body.emit(opcode.text(), x.type(), y, x, opposite);
  }

  private static Operand extremum(Rewriting body, Opcode opcode, List<Operand> operands) {
    Operand x = operands.get(0);
    Operand y = operands.get(1);
    if (x.equals(y)) {
      return x;
    }
    if (opcode.bits() < 32 || opcode.isUnsigned()) {
      return null;
    }
    boolean least = opcode.name().equals("min");
    Facts a = body.facts(x);
    Facts b = body.facts(y);
    if (a.max() <= b.min()) {
      return least ? x : y;
    }
    return b.max() <= a.min() ? (least ? y : x) : null;
  }
}
