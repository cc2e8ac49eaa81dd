package dev.kiln.compiler.transform;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Substitution;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Computes once what is computed twice. What a block computes serves the blocks nested in it, not
 * the other way round.
 *
 * <p>Two loads are one if no operation between them may write memory or order accesses; nothing is
 * known of which pointers overlap. A load in a {@code while} is never merged with one outside: the
 * loop may be waiting for memory to change.
 */
public final class CommonSubexpressions implements Pass {
  @Override
  public String name() {
    return "cse";
  }

  @Override
  public TileFunction run(TileFunction function) {
    Block body = new Walk().block(function.body());
    return function.withBody(body);
  }

  /** One run. */
  private static final class Walk {
    private final Substitution substitution = new Substitution();
    private Map<OpKey, List<Value>> available = new HashMap<>();
    private Deque<OpKey> added = new ArrayDeque<>();
    private int memoryVersion;

    private Block block(Block block) {
      int outer = added.size();
      var ops = new ArrayList<Op>(block.ops().size());
      boolean changed = false;
      for (Op original : block.ops()) {
        Op op = withBlocks(substitution.shallow(original));
        changed |= op != original;
        List<Value> same = lookUp(op);
        if (same == null) {
          ops.add(op);
        } else {
          substitution.replace(op.results(), same);
          changed = true;
        }
        if (Effects.mayWrite(op)) {
          memoryVersion++;
        }
      }
      while (added.size() > outer) {
        available.remove(added.pop());
      }
      return changed ? new Block(block.params(), ops) : block;
    }

    private Op withBlocks(Op op) {
      if (op.blocks().isEmpty()) {
        return op;
      }
      if (op instanceof ComputeOp) {
        return isolated(op);
      }
      boolean isLoop = op instanceof ControlOp.For || op instanceof ControlOp.While;
      if (op instanceof ControlOp.While || (isLoop && Effects.mayWrite(op))) {
        memoryVersion++; // a later iteration may see other memory than the first
      }
      return Substitution.withBlocks(op, op.blocks().stream().map(this::block).toList());
    }

    /** Combine blocks use nothing from outside, so nothing outside is available in them. */
    private Op isolated(Op op) {
      Map<OpKey, List<Value>> outside = available;
      Deque<OpKey> addedOutside = added;
      available = new HashMap<>();
      added = new ArrayDeque<>();
      Op result = Substitution.withBlocks(op, op.blocks().stream().map(this::block).toList());
      available = outside;
      added = addedOutside;
      return result;
    }

    /** The results of an equal operation that stands before; null, and remembers it, if none. */
    private List<Value> lookUp(Op op) {
      if (!isMergeable(op)) {
        return null;
      }
      OpKey key = OpKey.of(op, op instanceof MemoryOp ? memoryVersion : -1);
      List<Value> same = available.putIfAbsent(key, op.results());
      if (same == null) {
        added.push(key);
      }
      return same;
    }

    private static boolean isMergeable(Op op) {
      return op instanceof MemoryOp.Load load
          ? !load.hints().isVolatile() && !load.hints().cacheModifier().equals(".cv")
          : op.isPure() && Effects.isSpeculatable(op);
    }
  }
}
