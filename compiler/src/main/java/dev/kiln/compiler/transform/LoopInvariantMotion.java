package dev.kiln.compiler.transform;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Substitution;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.transform.rewrite.TripCount;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Moves out of a loop what computes the same in each iteration: pure operations, as far out as
 * their operands allow, but not out of an {@code if}; and loads without a side condition, if the
 * loop surely runs and nothing in it may write memory. A loop with {@code disable_licm} keeps its
 * operations; what a {@code while} reads stays in it.
 */
public final class LoopInvariantMotion implements Pass {
  @Override
  public String name() {
    return "licm";
  }

  @Override
  public TileFunction run(TileFunction function) {
    Block body = new Walk().run(function.body());
    return function.withBody(body);
  }

  /** A block that is being walked. */
  private static final class Level {
    final int depth;
    final Level outer;

    /** Whether operations may leave for {@link #outer}. */
    final boolean isLoop;

    final boolean hoistsLoads;
    final List<Op> ops = new ArrayList<>();
    boolean changed;

    Level(Level outer, boolean isLoop, boolean hoistsLoads) {
      this.depth = outer == null ? 0 : outer.depth + 1;
      this.outer = outer;
      this.isLoop = isLoop;
      this.hoistsLoads = hoistsLoads;
    }
  }

  /** One run. */
  private static final class Walk {
    private final Map<Value, Integer> depths = new HashMap<>();
    private final Map<Value, Number> constants = new HashMap<>();

    Block run(Block body) {
      return block(body, new Level(null, false, false));
    }

    private Block block(Block block, Level level) {
      block.params().forEach(param -> depths.put(param, level.depth));
      for (Op original : block.ops()) {
        Op op = withBlocks(original, level);
        level.changed |= op != original;
        Level target = op.isTerminator() ? level : target(op, level);
        level.changed |= target != level;
        target.ops.add(op);
        op.results().forEach(result -> depths.put(result, target.depth));
        if (op instanceof ElementwiseOp.Constant constant) {
          constants.put(constant.result(), constant.value());
        }
      }
      return level.changed ? new Block(block.params(), level.ops) : block;
    }

    private Op withBlocks(Op op, Level level) {
      return switch (op) {
        case ControlOp.For loop ->
            Substitution.withBlocks(loop, List.of(block(loop.body(), inside(loop, level))));
        case ControlOp.While loop ->
            Substitution.withBlocks(
                loop,
                List.of(
                    block(loop.before(), new Level(level, true, false)),
                    block(loop.body(), new Level(level, true, false))));
        case ControlOp.If branch ->
            Substitution.withBlocks(
                branch,
                branch.blocks().stream()
                    .map(nested -> block(nested, new Level(level, false, false)))
                    .toList());
        default -> op; // combine blocks are walked as often as elements are combined, not as loops
      };
    }

    private Level inside(ControlOp.For loop, Level outer) {
      boolean hoistsLoads = surelyRuns(loop) && !Effects.mayWrite(loop.body());
      return new Level(outer, !loop.hints().disableLicm(), hoistsLoads);
    }

    private boolean surelyRuns(ControlOp.For loop) {
      return constants.get(loop.lower()) instanceof Long lower
          && constants.get(loop.upper()) instanceof Long upper
          && constants.get(loop.step()) instanceof Long step
          && TripCount.of(loop, lower, upper, step) > 0;
    }

    private Level target(Op op, Level level) {
      boolean isLoad = op instanceof MemoryOp.Load load && !load.hints().isVolatile();
      if (!isLoad && !Effects.isSpeculatable(op)) {
        return level;
      }
      int needed = 0;
      for (Value operand : op.operands()) {
        needed = Math.max(needed, depths.getOrDefault(operand, 0));
      }
      Level target = level;
      while (target.depth > needed && target.isLoop && (!isLoad || target.hoistsLoads)) {
        target = target.outer;
      }
      return target;
    }
  }
}
