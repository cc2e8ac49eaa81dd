package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.Statement.Instruction;
import java.util.List;
import java.util.Optional;

/**
 * A {@code call}, taken apart: {@code call (results), target, (arguments), prototype}.
 *
 * @param prototype label of the prototype, or of the list of targets, of an indirect call
 */
record CallSite(
    List<Operand> results,
    Operand.Name target,
    List<Operand> arguments,
    Optional<Operand.Name> prototype) {

  static CallSite of(Instruction call) {
    List<Operand> operands = call.operands();
    int next = 0;
    List<Operand> results = List.of();
    if (!operands.isEmpty() && operands.get(0) instanceof Operand.Group group) {
      results = group.elements();
      next++;
    }
    if (next == operands.size() || !(operands.get(next) instanceof Operand.Name target)) {
      throw new MalformedInstruction(call.at(), "call: the function's name is missing");
    }
    next++;
    List<Operand> arguments = List.of();
    if (next < operands.size() && operands.get(next) instanceof Operand.Group group) {
      arguments = group.elements();
      next++;
    }
    Optional<Operand.Name> prototype = Optional.empty();
    if (next < operands.size() && operands.get(next) instanceof Operand.Name name) {
      prototype = Optional.of(name);
      next++;
    }
    if (next < operands.size()) {
      throw new MalformedInstruction(operands.get(next).at(), "call: an operand too many");
    }
    return new CallSite(results, target, arguments, prototype);
  }
}
