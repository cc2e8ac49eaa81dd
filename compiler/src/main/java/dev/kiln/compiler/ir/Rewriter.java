package dev.kiln.compiler.ir;

import java.util.List;
import java.util.Optional;

/** Says what becomes of the parts of an operation when it is copied with {@link Op#rewrite}. */
public interface Rewriter {
  /** The value to use in place of an operand. */
  Value use(Value operand);

  /** The value to define in place of a result or block parameter. */
  Value define(Value result);

  /** The block to hold in place of a nested block. */
  Block block(Block nested);

  default List<Value> use(List<Value> operands) {
    return operands.stream().map(this::use).toList();
  }

  default Optional<Value> use(Optional<Value> operand) {
    return operand.map(this::use);
  }

  default List<Value> define(List<Value> results) {
    return results.stream().map(this::define).toList();
  }
}
