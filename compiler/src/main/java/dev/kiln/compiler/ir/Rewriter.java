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
    var uses = new Value[operands.size()];
    for (int i = 0; i < uses.length; i++) {
      uses[i] = use(operands.get(i));
    }
    return List.of(uses);
  }

  default Optional<Value> use(Optional<Value> operand) {
    return operand.map(this::use);
  }

  default List<Value> define(List<Value> results) {
    var definitions = new Value[results.size()];
    for (int i = 0; i < definitions.length; i++) {
      definitions[i] = define(results.get(i));
    }
    return List.of(definitions);
  }
}
