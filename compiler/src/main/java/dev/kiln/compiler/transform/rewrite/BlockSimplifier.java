package dev.kiln.compiler.transform.rewrite;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Substitution;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * Walks a function forwards, applies a table to each operation, and simplifies control flow:
 *
 * <ul>
 *   <li>{@code if} of a constant becomes the block that runs;
 *   <li>{@code for} that does not run becomes its inits, one that runs once its body;
 *   <li>{@code while} whose condition is false from the start becomes its first block;
 *   <li>a carried value that keeps its init, and a result that both blocks of an {@code if} share,
 *       become that value.
 * </ul>
 *
 * Unchanged operations and blocks stay the same objects.
 */
public final class BlockSimplifier {
  private final Rewriting rewriting;
  private final Substitution substitution = new Substitution();

  public BlockSimplifier(RewriteTable table) {
    rewriting = new Rewriting(table);
  }

  /** The simplified function; the same object if there was nothing to do. */
  public TileFunction run(TileFunction function) {
    Block body = block(function.body());
    return function.withBody(body);
  }

  private Block block(Block block) {
    List<Op> ops = rewriting.collect(() -> block.ops().forEach(this::op));
    return sameObjects(ops, block.ops()) ? block : new Block(block.params(), ops);
  }

  private static boolean sameObjects(List<Op> a, List<Op> b) {
    if (a.size() != b.size()) {
      return false;
    }
    for (int i = 0; i < a.size(); i++) {
      if (a.get(i) != b.get(i)) {
        return false;
      }
    }
    return true;
  }

  private void op(Op original) {
    Op op = substitution.shallow(original);
    switch (op) {
      case ControlOp.If branch -> branch(branch);
      case ControlOp.For loop -> loop(loop);
      case ControlOp.While loop -> loop(loop);
      case ControlOp.Yield end -> rewriting.append(end);
      case ControlOp.Condition end -> rewriting.append(end);
      case ControlOp.Return end -> rewriting.append(end);
      default -> {
        Op nested = withSimplifiedBlocks(op);
        substitution.replace(nested.results(), rewriting.simplify(nested));
      }
    }
  }

  private Op withSimplifiedBlocks(Op op) {
    return op.blocks().isEmpty()
        ? op
        : Substitution.withBlocks(op, op.blocks().stream().map(this::block).toList());
  }

  /** Puts the operations of a block here and returns what it yields. */
  private List<Value> inline(Block block, List<Value> arguments) {
    substitution.replace(block.params(), arguments);
    block.body().forEach(this::op);
    return substitution.use(block.terminator().operands());
  }

  // ---------------------------------------------------------------- if

  private void branch(ControlOp.If op) {
    if (rewriting.constant(op.condition()) instanceof Long condition) {
      Block taken = condition != 0 ? op.thenBlock() : op.elseBlock();
      substitution.replace(op.results(), inline(taken, List.of()));
      return;
    }
    var simplified = (ControlOp.If) withSimplifiedBlocks(op);
    List<Value> whenTrue = simplified.thenBlock().terminator().operands();
    List<Value> whenFalse = simplified.elseBlock().terminator().operands();
    var kept = new ArrayList<Integer>();
    for (int i = 0; i < op.results().size(); i++) {
      if (whenTrue.get(i) == whenFalse.get(i)) {
        substitution.replace(op.results().get(i), whenTrue.get(i));
      } else {
        kept.add(i);
      }
    }
    rewriting.append(
        kept.size() == op.results().size() ? simplified : Slots.keep(simplified, kept));
  }

  // ---------------------------------------------------------------- for

  private void loop(ControlOp.For op) {
    long trips = trips(op);
    if (trips == 0) {
      substitution.replace(op.results(), op.inits());
      return;
    }
    if (trips == 1) {
      var arguments = new ArrayList<Value>();
      arguments.add(op.lower());
      arguments.addAll(op.inits());
      substitution.replace(op.results(), inline(op.body(), arguments));
      return;
    }
    ControlOp.For reduced = withoutInvariants(op);
    rewriting.append(withSimplifiedBlocks(reduced));
  }

  /** How often a loop runs if that is known, else -1. */
  private long trips(ControlOp.For op) {
    return rewriting.constant(op.lower()) instanceof Long lower
            && rewriting.constant(op.upper()) instanceof Long upper
            && rewriting.constant(op.step()) instanceof Long step
        ? TripCount.of(op, lower, upper, step)
        : op.lower() == op.upper() ? 0 : -1;
  }

  private ControlOp.For withoutInvariants(ControlOp.For op) {
    List<Value> yielded = op.body().terminator().operands();
    var kept = new ArrayList<Integer>();
    for (int i = 0; i < op.inits().size(); i++) {
      Value init = op.inits().get(i);
      Value next = yielded.get(i);
      if (next == op.carried().get(i) || substitution.use(next) == init) {
        substitution.replace(op.carried().get(i), init);
        substitution.replace(op.results().get(i), init);
      } else {
        kept.add(i);
      }
    }
    return kept.size() == op.inits().size() ? op : Slots.keep(op, kept);
  }

  // ---------------------------------------------------------------- while

  private void loop(ControlOp.While op) {
    Block before = block(op.before());
    boolean neverRuns =
        before.terminator() instanceof ControlOp.Condition end
            && rewriting.isConstant(end.condition(), 0);
    if (neverRuns) {
      List<Value> all = inline(op.before(), op.inits());
      substitution.replace(op.results(), all.subList(1, all.size()));
      return;
    }
    Block body = block(op.body());
    rewriting.append(Substitution.withBlocks(op, List.of(before, body)));
  }
}
