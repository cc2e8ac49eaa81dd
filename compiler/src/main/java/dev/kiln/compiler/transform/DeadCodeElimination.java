package dev.kiln.compiler.transform;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Substitution;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.transform.rewrite.Slots;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Removes operations whose effects and results nobody needs, results of {@code if} and values
 * carried by {@code for} that are not used (even if they feed themselves). Starts from what has
 * effects and follows what that needs, so cycles of useless values fall.
 */
public final class DeadCodeElimination implements Pass {
  @Override
  public String name() {
    return "dce";
  }

  @Override
  public TileFunction run(TileFunction function) {
    Block body = new Walk().run(function.body());
    return function.withBody(body);
  }

  /** Where a value comes from: result or block parameter number {@code index} of an operation. */
  private record Origin(Op op, int index, boolean isParam) {}

  /** One run. */
  private static final class Walk {
    private final Map<Value, Origin> origins = new HashMap<>();
    private final Map<Op, Op> parents = new IdentityHashMap<>();
    private final Set<Op> liveOps = java.util.Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<Value> liveValues = new HashSet<>();
    private final Deque<Value> pending = new ArrayDeque<>();

    Block run(Block body) {
      index(body, null);
      roots(body);
      while (!pending.isEmpty()) {
        follow(pending.pop());
      }
      return rebuild(body);
    }

    private void index(Block block, Op parent) {
      for (Op op : block.ops()) {
        parents.put(op, parent);
        List<Value> results = op.results();
        for (int i = 0; i < results.size(); i++) {
          origins.put(results.get(i), new Origin(op, i, false));
        }
        for (Block nested : op.blocks()) {
          for (int i = 0; i < nested.params().size(); i++) {
            origins.put(nested.params().get(i), new Origin(op, i, true));
          }
          index(nested, op);
        }
      }
    }

    /** Marks what has effects of its own; what merely contains it is marked with it. */
    private void roots(Block block) {
      for (Op op : block.ops()) {
        if (op instanceof ControlOp.Return) {
          keep(op);
        } else if (op.blocks().isEmpty() ? !isMovable(op) : !Effects.isRemovable(op)) {
          keep(op);
        }
        op.blocks().forEach(this::roots);
      }
    }

    private static boolean isMovable(Op op) {
      return op.isTerminator() || Effects.isRemovable(op);
    }

    private void use(Value value) {
      if (liveValues.add(value)) {
        pending.push(value);
      }
    }

    /** An operation stays: so does what holds it, and what it needs to run at all. */
    private void keep(Op op) {
      if (op == null || !liveOps.add(op)) {
        return;
      }
      keep(parents.get(op));
      switch (op) {
        case ControlOp.For loop -> {
          use(loop.lower());
          use(loop.upper());
          use(loop.step());
        }
        case ControlOp.If branch -> use(branch.condition());
        case ControlOp.While loop -> {
          loop.inits().forEach(this::use);
          loop.before().terminator().operands().forEach(this::use);
          loop.body().terminator().operands().forEach(this::use);
        }
        default -> {
          op.operands().forEach(this::use);
          for (Block nested : op.blocks()) {
            nested.terminator().operands().forEach(this::use);
          }
        }
      }
    }

    private void follow(Value value) {
      Origin origin = origins.get(value);
      if (origin == null) {
        return; // a parameter of the function
      }
      keep(origin.op);
      switch (origin.op) {
        case ControlOp.For loop -> {
          int slot = origin.isParam ? origin.index - 1 : origin.index;
          if (slot >= 0) {
            use(loop.carried().get(slot));
            use(loop.inits().get(slot));
            use(loop.body().terminator().operands().get(slot));
          }
        }
        case ControlOp.If branch -> {
          use(branch.thenBlock().terminator().operands().get(origin.index));
          use(branch.elseBlock().terminator().operands().get(origin.index));
        }
        default -> {} // all of it was marked when the operation was
      }
    }

    private Block rebuild(Block block) {
      var ops = new ArrayList<Op>(block.ops().size());
      boolean changed = false;
      for (Op op : block.ops()) {
        if (!op.isTerminator() && !liveOps.contains(op)) {
          changed = true;
          continue;
        }
        Op after = withoutDeadSlots(op);
        if (!after.blocks().isEmpty()) {
          after =
              Substitution.withBlocks(after, after.blocks().stream().map(this::rebuild).toList());
        }
        changed |= after != op;
        ops.add(after);
      }
      return changed ? new Block(block.params(), ops) : block;
    }

    private Op withoutDeadSlots(Op op) {
      return switch (op) {
        case ControlOp.For loop -> {
          List<Integer> kept = live(loop.results(), loop.carried());
          yield kept.size() == loop.results().size() ? loop : Slots.keep(loop, kept);
        }
        case ControlOp.If branch -> {
          List<Integer> kept = live(branch.results(), branch.results());
          yield kept.size() == branch.results().size() ? branch : Slots.keep(branch, kept);
        }
        default -> op;
      };
    }

    private List<Integer> live(List<Value> results, List<Value> carried) {
      var kept = new ArrayList<Integer>();
      for (int i = 0; i < results.size(); i++) {
        if (liveValues.contains(results.get(i)) || liveValues.contains(carried.get(i))) {
          kept.add(i);
        }
      }
      return kept;
    }
  }
}
