package dev.kiln.compiler.ptx;

import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Instruction;
import dev.kiln.compiler.ptx.Node.Loop;
import dev.kiln.compiler.ptx.Operand.Register;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * Advances counters and pointers of loops at the very end, when the old value is not read any more:
 * {@code i = i + 1} needs no second register and no move then.
 */
final class LateUpdates {
  private LateUpdates() {}

  static PtxFunction sink(PtxFunction function) {
    return function.withBody(Trees.mapLoops(function.body(), LateUpdates::sink));
  }

  private static Loop sink(Loop loop) {
    Uses uses = Uses.inside(loop);
    var params = new HashSet<Register>(loop.params());
    Set<Instruction> late = Collections.newSetFromMap(new IdentityHashMap<>());
    for (int i = 0; i < loop.next().size(); i++) {
      Instruction update = uses.writer(loop.next().get(i));
      if (update != null
          && uses.count((Register) loop.next().get(i)) == 1
          && !loop.exits().contains(loop.params().get(i))
          && isUpdate(update, loop.params().get(i), params, uses)) {
        late.add(update);
      }
    }
    var head = new ArrayList<>(loop.head());
    var tail = new ArrayList<>(loop.tail());
    List<Node> moved = new ArrayList<>();
    take(head, late, moved);
    take(tail, late, moved);
    tail.addAll(moved);
    return moved.isEmpty() ? loop : loop.withBodies(head, tail);
  }

  private static void take(List<Node> nodes, Set<Instruction> late, List<Node> moved) {
    nodes.removeIf(
        node -> node instanceof Instruction update && late.contains(update) && moved.add(update));
  }

  /** An integer operation on the carried register and what comes from outside. */
  private static boolean isUpdate(
      Instruction update, Register param, Set<Register> params, Uses uses) {
    return update.effect() == Effect.PURE
        && update.guard() == null
        && update.otherwise().isEmpty()
        && Opcode.of(update.opcode()).kind() == Opcode.Kind.INTEGER
        && update.operands().contains(param)
        && update.operands().stream()
            .allMatch(
                operand ->
                    operand == param || !uses.isWritten(operand) && !params.contains(operand));
  }
}
