package dev.kiln.compiler.ptx;

import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Instruction;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.Operand.Vector;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Moves numbers to registers where instructions do not take numbers: half precision, elements of
 * vectors, predicates. They are moved once, at the start: the assembler makes them again where it
 * lacks registers.
 */
final class ImmediateOperands {
  private final Map<Immediate, Register> registers = new LinkedHashMap<>();

  private ImmediateOperands() {}

  static PtxFunction legalize(PtxFunction function) {
    var pass = new ImmediateOperands();
    List<Node> body = Trees.mapInstructions(function.body(), pass::legal);
    if (pass.registers.isEmpty()) {
      return function;
    }
    var all = new ArrayList<Node>();
    pass.registers.forEach((number, register) -> all.add(move(register, number)));
    all.addAll(body);
    return function.withBody(all);
  }

  private static Instruction move(Register register, Immediate number) {
    return new Instruction(
        "mov." + register.type().type(),
        List.of(register),
        List.of(number),
        null,
        List.of(),
        Effect.PURE,
        null,
        null);
  }

  private Instruction legal(Instruction instruction) {
    List<Operand> operands = instruction.operands();
    Opcode opcode = Opcode.of(instruction.opcode());
    if (opcode.name().equals("mov")) {
      return instruction;
    }
    List<Operand> legal = null;
    for (int i = 0; i < operands.size(); i++) {
      Operand operand = legal(opcode, operands.get(i));
      if (operand != operands.get(i)) {
        legal = legal == null ? new ArrayList<>(operands) : legal;
        legal.set(i, operand);
      }
    }
    return legal == null ? instruction : instruction.withOperands(legal);
  }

  private Operand legal(Opcode opcode, Operand operand) {
    return switch (operand) {
      case Immediate number -> isTaken(opcode, number) ? number : register(number);
      case Address(Immediate base, long offset, SharedSlot slot) ->
          new Address(register(base), offset, slot);
      case Vector vector when !opcode.name().startsWith("st") -> elements(vector);
      default -> operand;
    };
  }

  private Operand elements(Vector vector) {
    if (vector.elements().stream().noneMatch(Immediate.class::isInstance)) {
      return vector;
    }
    return new Vector(
        vector.elements().stream()
            .map(element -> element instanceof Immediate number ? register(number) : element)
            .toList());
  }

  private static boolean isTaken(Opcode opcode, Immediate number) {
    if (InlineText.isInline(opcode.text())) {
      return false;
    }
    return switch (number.type()) {
      case PRED -> false;
      case B16 -> Opcode.isInteger(opcode.source());
      case B32 -> !opcode.source().endsWith("16x2");
      case B64 -> true;
    };
  }

  private Register register(Immediate number) {
    var plain = new Immediate(number.type(), number.bits(), number.isFloat());
    return registers.computeIfAbsent(plain, n -> new Register(n.type()));
  }
}
