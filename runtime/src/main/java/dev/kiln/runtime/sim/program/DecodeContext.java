package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;
import dev.kiln.runtime.sim.ptx.Space;
import dev.kiln.runtime.sim.ptx.Statement.Instruction;
import java.util.List;

/**
 * What a decoder asks about the instruction in hand. Answers are places in a {@link
 * dev.kiln.runtime.sim.exec.Warp}'s register file: an {@code int} is the index of lane 0 in {@code
 * words} or {@code wides}, or the index in {@code predicates}. Literals, addresses of variables and
 * special registers have slots like any register. A sink {@code _} as a destination gets a slot
 * that nobody reads. Every method throws {@link UnsupportedInstruction} or {@link
 * MalformedInstruction} where the operand does not fit, with the operand's position.
 */
public interface DecodeContext {
  Instruction instruction();

  /** The instruction's modifiers, to be taken one by one. What is left at the end is an error. */
  Modifiers modifiers();

  default List<Operand> operands() {
    return instruction().operands();
  }

  default Operand operand(int index) {
    List<Operand> operands = operands();
    if (index >= operands.size()) {
      throw malformed("operand " + (index + 1) + " is missing");
    }
    return operands.get(index);
  }

  /** Fails unless there are so many operands. */
  default void expectOperands(int least, int most) {
    int count = operands().size();
    if (count < least || count > most) {
      throw malformed(
          "takes " + (least == most ? least : least + " to " + most) + " operands, not " + count);
    }
  }

  /** A source of at most 32 bits: index in {@code words}. Literals are converted to the type. */
  int word(Operand operand, PtxType type);

  /** A source of 64 bits: index in {@code wides}. */
  int wide(Operand operand, PtxType type);

  /** A source of 128 bits: index of its low half in {@code wides}; the high half's is 32 more. */
  int quad(Operand operand);

  /** A destination of at most 32 bits. */
  int wordTarget(Operand operand, PtxType type);

  /** A destination of 64 bits. */
  int wideTarget(Operand operand, PtxType type);

  int quadTarget(Operand operand);

  /** A predicate source, which may be negated, or a literal. */
  Predicate predicate(Operand operand);

  /** A predicate destination: index in {@code predicates}. */
  int predicateTarget(Operand operand);

  /**
   * Any register, literal or special register, of whatever width it was declared with: for
   * instructions that allow registers wider than their type (ld, st, cvt). Literals get the width
   * of {@code type}.
   */
  Slot slot(Operand operand, PtxType type);

  /** The same as a destination. */
  Slot target(Operand operand, PtxType type);

  /** The elements of {@code {...}}, or the operand alone. */
  List<Operand> elements(Operand operand);

  /** The value of an operand that has to be an integer constant. */
  long constant(Operand operand);

  /** {@code [...]}. */
  AddressOperand address(Operand operand);

  /** A one-lane-each scratch slot in {@code words}, the step's own. */
  int scratchWord();

  /** Generic address, size and space of a variable of the module or the function. */
  Symbol symbol(Operand.Name name);

  /** For texts in messages: whether the module's target is at least this, e.g. 90. */
  int targetVersion();

  /** The instruction as written is wrong. */
  MalformedInstruction malformed(String message);

  /** The instruction may be right, but the simulator does not know it. */
  UnsupportedInstruction unsupported(String message);

  /** A predicate and whether its complement is meant. */
  record Predicate(int index, boolean negated) {
    /** The lanes for which it holds. */
    public int lanes(Warp warp) {
      int lanes = warp.predicates[index];
      return negated ? ~lanes : lanes;
    }
  }

  /**
   * A place in the register file.
   *
   * @param bits 32: index in {@code words} (8- and 16-bit registers too); 64 and 128: in {@code
   *     wides}; 1: in {@code predicates}
   * @param type as declared
   */
  record Slot(int bits, PtxType type, int index) {}

  /**
   * {@code [base+offset]}.
   *
   * @param bits width of the base: 32 in {@code words} (zero-extended), 64 in {@code wides}
   * @param base index of the base
   * @param offset to be added
   * @param space where the base is a variable: its space ({@code null} if the base is a register).
   *     Parameters of device functions, and of calls, lie in LOCAL memory; those of entries in
   *     PARAM.
   * @param rest operands after the base within the brackets (tensor coordinates)
   */
  record AddressOperand(int bits, int base, long offset, Space space, List<Operand> rest) {}

  /** A variable: its address within its space, and its size. */
  record Symbol(String name, Space space, long address, long size) {}
}
