package dev.kiln.compiler.ptx;

import dev.kiln.compiler.ptx.Node.Branch;
import dev.kiln.compiler.ptx.Node.Instruction;
import dev.kiln.compiler.ptx.Node.Loop;
import dev.kiln.compiler.ptx.Operand.Register;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where each register's value is needed: ranges of positions in the order of the text. What is
 * needed anywhere in a loop and comes from outside is needed in all of it; what is needed on one
 * way of a branch only is not on the other. One walk, linear in the number of operands and of
 * bodies between a value's definition and its uses.
 *
 * <p>Each step of the walk has four positions: values for a false guard are read, then written; the
 * instruction reads, then writes. So a result may live where an operand that ends there did, and
 * what meets at the ends of bodies (all read, then all written) falls into the same order.
 */
final class LiveRanges {
  /** That two registers should be one, to save a move in so many loops. */
  record Wish(Register to, Register from, int weight) {}

  /** Which body a definition or use stands in. */
  private static final class Frame {
    final Frame outer;
    final boolean isLoop;
    final int start;
    final int entry;
    final int depth;

    /** For a loop: what comes from outside. */
    final Set<Register> through = new HashSet<>();

    /** For a way of a branch: last uses of what comes from outside. */
    final Map<Register, Integer> last = new HashMap<>();

    Frame(Frame outer, boolean isLoop, int entry, int start) {
      this.outer = outer;
      this.isLoop = isLoop;
      this.entry = entry;
      this.start = start;
      this.depth = outer == null ? 0 : outer.depth + (isLoop ? 1 : 0);
    }
  }

  private static final class Life {
    final Frame frame;
    final int start;
    int end;
    Ranges others = Ranges.NONE;

    Life(Frame frame, int start) {
      this.frame = frame;
      this.start = start;
      this.end = start;
    }
  }

  private final Map<Register, Life> lives = new HashMap<>();
  private final List<Wish> wishes = new ArrayList<>();
  private int clock;

  private LiveRanges() {}

  static LiveRanges of(List<Node> body) {
    var ranges = new LiveRanges();
    ranges.walk(body, new Frame(null, false, 0, 0));
    return ranges;
  }

  /** Where a register's value is needed. */
  Ranges of(Register register) {
    Life life = lives.get(register);
    return life == null ? Ranges.NONE : life.others.with(new Ranges(life.start, life.end));
  }

  /** Pairs of registers that a move connects. */
  List<Wish> wishes() {
    return wishes;
  }

  private void walk(List<Node> nodes, Frame frame) {
    for (Node node : nodes) {
      switch (node) {
        case Instruction instruction -> walk(instruction, frame);
        case Loop loop -> walk(loop, frame);
        case Branch branch -> walk(branch, frame);
      }
    }
  }

  private int step() {
    return clock += 4;
  }

  private void walk(Instruction instruction, Frame frame) {
    int now = step();
    List<Register> results = Nodes.results(instruction);
    boolean prepared = !instruction.otherwise().isEmpty();
    // A text of several instructions may write a result before it reads its operands.
    boolean isEarly = prepared || InlineText.isInline(instruction.opcode());
    use(instruction.otherwise(), now, frame);
    if (instruction.guard() != null) {
      use(instruction.guard().predicate(), now + 2, frame);
    }
    Nodes.leaves(instruction.operands(), operand -> use(operand, now + 2, frame));
    results.forEach(result -> define(result, isEarly ? now + 1 : now + 3, frame));
    if (prepared) {
      // An instruction that adds to its results must find them where they are.
      wish(
          results,
          instruction.otherwise(),
          2 * frame.depth + (instruction.guard() == null ? 1 : 0));
    }
  }

  private void walk(Loop loop, Frame outer) {
    int entry = step();
    use(loop.inits(), entry, outer);
    var frame = new Frame(outer, true, entry, entry + 1);
    loop.params().forEach(param -> define(param, frame.start, frame));
    walk(loop.head(), frame);
    int test = step();
    use(loop.stay(), test, frame);
    use(loop.exits(), test, frame);
    walk(loop.tail(), frame);
    int end = step();
    use(loop.next(), end, frame);
    frame.through.forEach(register -> use(register, end, outer));
    loop.results().forEach(result -> define(result, end + 1, outer));
    wish(loop.params(), loop.next(), 2 * frame.depth);
    wish(loop.results(), loop.exits(), 2 * outer.depth);
    wish(loop.params(), loop.inits(), 2 * outer.depth);
  }

  private void walk(Branch branch, Frame outer) {
    int entry = step();
    use(branch.condition(), entry, outer);
    way(branch.thenBody(), branch.thenYields(), entry, outer);
    way(branch.elseBody(), branch.elseYields(), entry, outer);
    int end = clock + 1;
    branch.results().forEach(result -> define(result, end, outer));
    wish(branch.results(), branch.thenYields(), 2 * outer.depth);
    wish(branch.results(), branch.elseYields(), 2 * outer.depth);
  }

  private void way(List<Node> body, List<Operand> yields, int entry, Frame outer) {
    var frame = new Frame(outer, false, entry, clock + 1);
    walk(body, frame);
    use(yields, step(), frame);
    frame.last.forEach(
        (register, end) -> {
          Life life = lives.get(register);
          life.others = life.others.with(new Ranges(frame.start, end));
        });
  }

  private void define(Register register, int position, Frame frame) {
    lives.put(register, new Life(frame, position));
  }

  private void use(List<? extends Operand> operands, int position, Frame frame) {
    for (Operand operand : operands) {
      use(operand, position, frame);
    }
  }

  private void use(Operand operand, int position, Frame frame) {
    if (!(operand instanceof Register register)) {
      return;
    }
    Life life = lives.get(register);
    if (life == null) {
      throw new IllegalStateException("a register is read that is not defined there: " + register);
    }
    int at = position;
    for (Frame inside = frame; inside != life.frame; inside = inside.outer) {
      if (inside == null) {
        throw new IllegalStateException("a register is read outside of its body: " + register);
      }
      if (inside.isLoop) {
        inside.through.add(register);
        return;
      }
      if (inside.last.put(register, at) != null) {
        return;
      }
      at = inside.entry;
    }
    life.end = Math.max(life.end, at);
  }

  private void wish(List<Register> to, List<? extends Operand> from, int weight) {
    for (int i = 0; i < to.size(); i++) {
      if (from.get(i) instanceof Register source) {
        wishes.add(new Wish(to.get(i), source, weight));
      }
    }
  }
}
