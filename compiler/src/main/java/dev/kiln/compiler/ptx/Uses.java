package dev.kiln.compiler.ptx;

import dev.kiln.compiler.ptx.Node.Branch;
import dev.kiln.compiler.ptx.Node.Instruction;
import dev.kiln.compiler.ptx.Node.Loop;
import dev.kiln.compiler.ptx.Operand.Register;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Who reads and who writes each register in some nodes, those inside other nodes too. */
final class Uses {
  private final Map<Register, List<Instruction>> readers = new HashMap<>();
  private final Map<Register, Integer> meetings = new HashMap<>();
  private final Map<Register, Instruction> writers = new HashMap<>();

  private Uses() {}

  static Uses of(List<Node> nodes) {
    var uses = new Uses();
    uses.walk(nodes);
    return uses;
  }

  /** Of a loop: its bodies, and what its test, exits and next values read. */
  static Uses inside(Loop loop) {
    var uses = new Uses();
    uses.walkInside(loop);
    return uses;
  }

  private void walk(List<Node> nodes) {
    for (Node node : nodes) {
      switch (node) {
        case Instruction instruction -> {
          Nodes.reads(instruction, operand -> read(operand, instruction));
          for (Register result : Nodes.results(instruction)) {
            writers.put(result, instruction);
          }
        }
        case Loop loop -> {
          meet(loop.inits());
          walkInside(loop);
          loop.params().forEach(param -> writers.put(param, null));
          loop.results().forEach(result -> writers.put(result, null));
        }
        case Branch branch -> {
          meet(List.of(branch.condition()));
          walk(branch.thenBody());
          meet(branch.thenYields());
          walk(branch.elseBody());
          meet(branch.elseYields());
          branch.results().forEach(result -> writers.put(result, null));
        }
      }
    }
  }

  private void walkInside(Loop loop) {
    walk(loop.head());
    meet(List.of(loop.stay()));
    meet(loop.exits());
    walk(loop.tail());
    meet(loop.next());
  }

  private void read(Operand operand, Instruction by) {
    if (operand instanceof Register register) {
      readers.computeIfAbsent(register, r -> new ArrayList<>(2)).add(by);
    }
  }

  private void meet(List<? extends Operand> operands) {
    for (Operand operand : operands) {
      if (operand instanceof Register register) {
        meetings.merge(register, 1, Integer::sum);
      }
    }
  }

  /** Instructions that read a register, once for each time. */
  List<Instruction> readers(Register register) {
    return readers.getOrDefault(register, List.of());
  }

  /** How often loops and branches read it: inits, conditions, exits, next and yielded values. */
  int meetings(Register register) {
    return meetings.getOrDefault(register, 0);
  }

  int count(Register register) {
    return readers(register).size() + meetings(register);
  }

  /** The instruction among the nodes that writes a register, or {@code null}. */
  Instruction writer(Operand operand) {
    return operand instanceof Register register ? writers.get(register) : null;
  }

  boolean isWritten(Operand operand) {
    return operand instanceof Register register && writers.containsKey(register);
  }
}
