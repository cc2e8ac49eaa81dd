package dev.kiln.compiler.ir;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Replaces operands and keeps definitions: what a pass uses that puts one value in place of
 * another. Replacements of replacements are followed.
 */
public final class Substitution implements Rewriter {
  private final Map<Value, Value> replacements = new HashMap<>();

  /** From now on {@code by} is used where {@code value} was. */
  public void replace(Value value, Value by) {
    if (value != by) {
      replacements.put(value, by);
    } else {
      replacements.remove(value);
    }
  }

  public void replace(List<Value> values, List<Value> by) {
    for (int i = 0; i < values.size(); i++) {
      replace(values.get(i), by.get(i));
    }
  }

  /** Whether nothing has been replaced so far. */
  public boolean isEmpty() {
    return replacements.isEmpty();
  }

  @Override
  public Value use(Value operand) {
    Value found = operand;
    for (Value next = replacements.get(found); next != null; next = replacements.get(found)) {
      found = next;
    }
    return found;
  }

  @Override
  public Value define(Value result) {
    return result;
  }

  /** Nested blocks stay; {@link #deep} goes into them. */
  @Override
  public Block block(Block nested) {
    return nested;
  }

  /** The operation with its own operands replaced; itself if none is. Nested blocks stay. */
  public Op shallow(Op op) {
    return touches(op.operands()) ? op.rewrite(this) : op;
  }

  /** The block with operands replaced at every depth; itself if none is. */
  public Block deep(Block block) {
    if (isEmpty()) {
      return block;
    }
    boolean changed = false;
    var ops = new java.util.ArrayList<Op>(block.ops().size());
    for (Op op : block.ops()) {
      Op after = deep(op);
      changed |= after != op;
      ops.add(after);
    }
    return changed ? new Block(block.params(), ops) : block;
  }

  private Op deep(Op op) {
    Op own = shallow(op);
    return own.blocks().isEmpty()
        ? own
        : withBlocks(own, own.blocks().stream().map(this::deep).toList());
  }

  /** The operation with other nested blocks, in order; itself if they are the same objects. */
  public static Op withBlocks(Op op, List<Block> blocks) {
    List<Block> before = op.blocks();
    boolean same = true;
    for (int i = 0; i < blocks.size(); i++) {
      same &= before.get(i) == blocks.get(i);
    }
    return same ? op : op.rewrite(new BlockReplacement(before, blocks));
  }

  private boolean touches(List<Value> operands) {
    if (replacements.isEmpty()) {
      return false;
    }
    for (Value operand : operands) {
      if (replacements.containsKey(operand)) {
        return true;
      }
    }
    return false;
  }

  private record BlockReplacement(List<Block> before, List<Block> after) implements Rewriter {
    @Override
    public Value use(Value operand) {
      return operand;
    }

    @Override
    public Value define(Value result) {
      return result;
    }

    @Override
    public Block block(Block nested) {
      for (int i = 0; i < before.size(); i++) {
        if (before.get(i) == nested) {
          return after.get(i);
        }
      }
      throw new IllegalStateException("not a block of this operation");
    }
  }
}
