package dev.kiln.compiler.ir;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Copies operations, nested blocks included, with fresh results: what a pass uses that puts the
 * same code in several places. Values defined outside of what is copied are used as they are,
 * unless {@link #bind} says otherwise.
 */
public final class Cloning implements Rewriter {
  private final Map<Value, Value> copies = new HashMap<>();

  /** Uses {@code by} in the copy where the original uses {@code value}. */
  public void bind(Value value, Value by) {
    copies.put(value, by);
  }

  public void bind(List<Value> values, List<Value> by) {
    for (int i = 0; i < values.size(); i++) {
      bind(values.get(i), by.get(i));
    }
  }

  @Override
  public Value use(Value operand) {
    return copies.getOrDefault(operand, operand);
  }

  @Override
  public Value define(Value result) {
    Value copy = new Value(result.type(), result.hint());
    copies.put(result, copy);
    return copy;
  }

  @Override
  public Block block(Block nested) {
    List<Value> params = define(nested.params());
    return new Block(params, nested.ops().stream().map(op -> op.rewrite(this)).toList());
  }
}
