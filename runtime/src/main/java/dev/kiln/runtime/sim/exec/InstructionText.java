package dev.kiln.runtime.sim.exec;

import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.Statement.Instruction;
import java.util.List;
import java.util.stream.Collectors;

/** Instructions as text, for messages. */
final class InstructionText {
  private InstructionText() {}

  static String of(Instruction instruction) {
    String guard =
        instruction.guard().map(g -> (g.negated() ? "@!" : "@") + g.predicate() + " ").orElse("");
    String operands = list(instruction.operands());
    return guard + instruction.mnemonic() + (operands.isEmpty() ? "" : " " + operands);
  }

  private static String list(List<Operand> operands) {
    return operands.stream().map(InstructionText::of).collect(Collectors.joining(", "));
  }

  private static String of(Operand operand) {
    return switch (operand) {
      case Operand.Name name -> name.name() + name.component().map(c -> "." + c).orElse("");
      case Operand.IntegerLiteral literal -> Long.toString(literal.value());
      case Operand.FloatLiteral literal ->
          literal.single()
              ? "0f%08X".formatted((int) literal.bits())
              : "0d%016X".formatted(literal.bits());
      case Operand.Not not -> "!" + of(not.operand());
      case Operand.Vector vector -> "{" + list(vector.elements()) + "}";
      case Operand.Memory memory -> memory(memory);
      case Operand.Pair pair -> of(pair.first()) + "|" + of(pair.second());
      case Operand.Sink sink -> "_";
      case Operand.Group group -> "(" + list(group.elements()) + ")";
      case Operand.Address address -> of(address.base()) + "+" + address.offset();
    };
  }

  private static String memory(Operand.Memory memory) {
    String offset = memory.offset() == 0 ? "" : "+" + memory.offset();
    String rest = memory.rest().isEmpty() ? "" : ", " + list(memory.rest());
    return "[" + of(memory.base()) + offset + rest + "]";
  }
}
