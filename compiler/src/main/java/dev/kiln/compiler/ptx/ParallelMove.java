package dev.kiln.compiler.ptx;

import dev.kiln.compiler.ptx.Operand.Register;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Moves that happen at once, put into an order in which no value is overwritten before it is read.
 * A cycle is opened with one more register. Linear in the number of moves.
 */
final class ParallelMove {
  /** {@code mov to, from}. */
  record Move(Register to, Operand from) {}

  private final Map<Register, Operand> pending = new LinkedHashMap<>();
  private final Map<Register, Integer> readers = new HashMap<>();
  private final List<Move> moves = new ArrayList<>();

  private ParallelMove() {}

  /**
   * Orders moves; those of a register to itself vanish.
   *
   * @param home what holds a register's value: registers of one home are one
   */
  static List<Move> order(
      List<Register> to, List<? extends Operand> from, Function<Register, Register> home) {
    var order = new ParallelMove();
    for (int i = 0; i < to.size(); i++) {
      Register target = home.apply(to.get(i));
      Operand source = from.get(i) instanceof Register r ? home.apply(r) : from.get(i);
      if (!source.equals(target)) {
        order.pending.put(target, source);
      }
    }
    order.run();
    return order.moves;
  }

  private void run() {
    var free = new ArrayDeque<Register>();
    pending.values().forEach(this::countReader);
    pending.keySet().stream().filter(to -> !readers.containsKey(to)).forEach(free::add);
    while (!pending.isEmpty()) {
      if (free.isEmpty()) {
        free.add(openCycle());
      }
      Register to = free.remove();
      Operand from = pending.remove(to);
      moves.add(new Move(to, from));
      if (from instanceof Register read && readers.merge(read, -1, Integer::sum) == 0) {
        readers.remove(read);
        if (pending.containsKey(read)) {
          free.add(read);
        }
      }
    }
  }

  private void countReader(Operand source) {
    if (source instanceof Register read) {
      readers.merge(read, 1, Integer::sum);
    }
  }

  /** Saves a register that is still to be read, so that it may be written. */
  private Register openCycle() {
    Register first = pending.keySet().iterator().next();
    var saved = new Register(first.type());
    moves.add(new Move(saved, first));
    pending.replaceAll((to, from) -> from == first ? saved : from);
    readers.put(saved, readers.remove(first));
    return first;
  }
}
