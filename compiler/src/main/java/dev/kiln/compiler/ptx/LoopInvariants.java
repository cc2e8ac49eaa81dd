package dev.kiln.compiler.ptx;

import dev.kiln.compiler.ptx.Node.Branch;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Instruction;
import dev.kiln.compiler.ptx.Node.Loop;
import dev.kiln.compiler.ptx.Operand.Register;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Moves pure instructions out of the loops in which their operands do not change, as far out as
 * those allow; from ways of branches too if that leaves a loop. One walk.
 */
final class LoopInvariants {
  /** Nodes that go before the loop of a level, for each level around. */
  private final List<List<Node>> before = new ArrayList<>();

  /** In how many loops each register is defined. */
  private final Map<Register, Integer> levels = new HashMap<>();

  private LoopInvariants() {}

  static PtxFunction hoist(PtxFunction function) {
    return function.withBody(new LoopInvariants().walk(function.body()));
  }

  private int level() {
    return before.size();
  }

  private List<Node> walk(List<Node> nodes) {
    var kept = new ArrayList<Node>(nodes.size());
    for (Node node : nodes) {
      switch (node) {
        case Instruction instruction -> place(instruction, kept);
        case Loop loop -> walk(loop, kept);
        case Branch branch -> {
          kept.add(branch.withBodies(walk(branch.thenBody()), walk(branch.elseBody())));
          define(branch.results());
        }
      }
    }
    return kept;
  }

  private void place(Instruction instruction, List<Node> here) {
    int level = level();
    if (instruction.effect() == Effect.PURE
        && instruction.guard() == null
        && instruction.otherwise().isEmpty()) {
      level = needed(instruction);
    }
    (level == level() ? here : before.get(level)).add(instruction);
    for (Register result : Nodes.results(instruction)) {
      levels.put(result, level);
    }
  }

  private int needed(Instruction instruction) {
    var level = new int[1];
    Nodes.leaves(
        instruction.operands(),
        operand -> {
          if (operand instanceof Register register) {
            level[0] = Math.max(level[0], levels.get(register));
          }
        });
    return level[0];
  }

  private void walk(Loop loop, List<Node> here) {
    var ahead = new ArrayList<Node>();
    before.add(ahead);
    define(loop.params());
    List<Node> head = walk(loop.head());
    List<Node> tail = walk(loop.tail());
    before.removeLast();
    here.addAll(ahead);
    here.add(loop.withBodies(head, tail));
    define(loop.results());
  }

  private void define(List<Register> registers) {
    registers.forEach(register -> levels.put(register, level()));
  }
}
