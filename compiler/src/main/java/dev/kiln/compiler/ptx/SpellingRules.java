package dev.kiln.compiler.ptx;

import static dev.kiln.compiler.ptx.Rewriting.isNumber;

import dev.kiln.compiler.ptx.Opcode.Kind;
import dev.kiln.compiler.ptx.Operand.Name;
import dev.kiln.compiler.ptx.Operand.Vector;
import java.util.List;
import java.util.Map;

/**
 * One way of writing for what can be written in several: signless operations have signed types,
 * selections and moves bit types, numbers come second, registers in the order of their definitions.
 */
final class SpellingRules {
  private static final Map<String, String> MIRRORED =
      Map.of(
          "setp.eq", "setp.eq", "setp.ne", "setp.ne", "setp.lt", "setp.gt", "setp.gt", "setp.lt",
          "setp.le", "setp.ge", "setp.ge", "setp.le");

  private SpellingRules() {}

  static void addTo(RuleTable table) {
    for (String name : List.of("add", "sub", "mul.lo", "setp.eq", "setp.ne", "neg")) {
      table.on(Kind.INTEGER, name, SpellingRules::signed);
    }
    for (String name : List.of("selp", "mov")) {
      table.on(Kind.INTEGER, name, SpellingRules::bits);
      table.on(Kind.FLOAT, name, SpellingRules::bits);
    }
    for (String name :
        List.of("add", "mul.lo", "mul.wide", "mul.hi", "and", "or", "xor", "min", "max")) {
      table.on(Kind.INTEGER, name, SpellingRules::ordered);
    }
    for (String name : List.of("and", "or", "xor")) {
      table.on(Kind.PREDICATE, name, SpellingRules::ordered);
    }
    for (String name : List.of("add.rn", "mul.rn", "min", "max")) {
      table.on(Kind.FLOAT, name, SpellingRules::ordered);
    }
    MIRRORED.keySet().forEach(name -> table.on(Kind.INTEGER, name, SpellingRules::mirrored));
    for (String name : List.of("setp.lt", "setp.le", "setp.gt", "setp.ge", "min", "max")) {
      table.on(Kind.INTEGER, name, SpellingRules::signedIfNonNegative);
    }
    for (Kind kind : Kind.values()) {
      table.on(kind, "mov", SpellingRules::move);
    }
  }

  private static Operand signed(Rewriting body, Opcode opcode, List<Operand> operands) {
    return opcode.type().startsWith("s") ? null : again(body, opcode, "s", operands);
  }

  private static Operand bits(Rewriting body, Opcode opcode, List<Operand> operands) {
    return opcode.type().startsWith("b") ? null : again(body, opcode, "b", operands);
  }

  private static Operand again(Rewriting body, Opcode opcode, String sign, List<Operand> operands) {
    RegisterClass result =
        opcode.name().startsWith("setp") ? RegisterClass.PRED : Opcode.register(opcode.bits());
    return body.emit(
        opcode.name() + "." + sign + opcode.bits(), result, operands.toArray(Operand[]::new));
  }

  private static Operand signedIfNonNegative(
      Rewriting body, Opcode opcode, List<Operand> operands) {
    if (!opcode.isUnsigned()) {
      return null;
    }
    return body.facts(operands.get(0)).isNonNegative()
            && body.facts(operands.get(1)).isNonNegative()
        ? again(body, opcode, "s", operands)
        : null;
  }

  private static Operand ordered(Rewriting body, Opcode opcode, List<Operand> operands) {
    Operand a = operands.get(0);
    Operand b = operands.get(1);
    if (isNumber(b) || !isNumber(a) && body.order(a) <= body.order(b)) {
      return null;
    }
    RegisterClass result =
        opcode.name().equals("mul.wide")
            ? Opcode.register(2 * opcode.bits())
            : Opcode.register(opcode.bits());
    return body.emit(opcode.text(), result, b, a);
  }

  private static Operand mirrored(Rewriting body, Opcode opcode, List<Operand> operands) {
    Operand a = operands.get(0);
    Operand b = operands.get(1);
    return isNumber(a) && !isNumber(b)
        ? body.emit(MIRRORED.get(opcode.name()) + "." + opcode.type(), RegisterClass.PRED, b, a)
        : null;
  }

  /** A move within a class is the value itself; names and vectors are read by moves. */
  private static Operand move(Rewriting body, Opcode opcode, List<Operand> operands) {
    Operand from = operands.getFirst();
    if (from instanceof Name || from instanceof Vector || opcode.kind() == Kind.OTHER) {
      return null;
    }
    return from.type() == Opcode.register(opcode.bits()) ? from : null;
  }
}
