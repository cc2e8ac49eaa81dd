package dev.kiln.compiler.ptx;

import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Register;
import java.util.List;

/** What a rule of simplification sees of the body so far. */
interface Rewriting {
  /** A rule for pure instructions of one result. */
  @FunctionalInterface
  interface Rule {
    /** What stands for the instruction, or {@code null} if the rule has nothing to say. */
    Operand apply(Rewriting body, Opcode opcode, List<Operand> operands);
  }

  /**
   * The pure instruction that a register comes from.
   *
   * @param index of the register among the results, vectors taken apart
   */
  record Definition(Opcode opcode, List<Operand> operands, int index) {
    boolean is(String name, int bits) {
      return opcode.name().equals(name)
          && opcode.kind() == Opcode.Kind.INTEGER
          && opcode.bits() == bits;
    }

    Operand operand(int i) {
      return operands.get(i);
    }
  }

  /** Simplified in turn. */
  Operand emit(String opcode, RegisterClass result, Operand... operands);

  /** {@code null} for what is no register or comes from elsewhere. */
  Definition definition(Operand operand);

  /** What is known of an integer. */
  Facts facts(Operand operand);

  /** In how many loops a value changes. */
  int level(Operand operand);

  /** A number that orders operands: those written first come first. */
  int order(Operand operand);

  /** Emits an integer instruction of a width. */
  default Operand integer(String name, int bits, Operand... operands) {
    return emit(name + ".s" + bits, Opcode.register(bits), operands);
  }

  /** Emits an instruction on bits of a width. */
  default Operand bits(String name, int bits, Operand... operands) {
    return emit(name + ".b" + bits, Opcode.register(bits), operands);
  }

  /** The definition if it is an instruction of this name and width on integers. */
  default Definition definition(Operand operand, String name, int bits) {
    Definition definition = definition(operand);
    return definition != null && definition.is(name, bits) ? definition : null;
  }

  /** A register and a number that is added to it; {@code null} if that is not what it is. */
  default Definition offset(Operand operand, int bits) {
    Definition sum = definition(operand, "add", bits);
    return sum != null && isNumber(sum.operand(1)) ? sum : null;
  }

  static boolean isNumber(Operand operand) {
    return operand instanceof Immediate;
  }

  static boolean isNumber(Operand operand, long value) {
    return operand instanceof Immediate number && number.bits() == value;
  }

  static long number(Operand operand) {
    return ((Immediate) operand).bits();
  }

  /** An integer of a width, cut to it. */
  static Immediate constant(int bits, long value) {
    return new Immediate(Opcode.register(bits), Facts.wrap(value, bits), false);
  }

  static Immediate truth(boolean value) {
    return Immediate.pred(value);
  }

  static boolean isRegister(Operand operand) {
    return operand instanceof Register;
  }
}
