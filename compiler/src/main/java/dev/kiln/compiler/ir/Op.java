package dev.kiln.compiler.ir;

import dev.kiln.compiler.diagnostics.Location;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * An operation of tile IR. Immutable; its operands and results are {@link Value}s compared by
 * identity.
 */
public sealed interface Op permits ElementwiseOp, ShapeOp, MemoryOp, ComputeOp, ControlOp {
  Location loc();

  /** The name in the textual form. */
  String mnemonic();

  List<Value> operands();

  List<Value> results();

  /** Nested blocks: bodies of loops and branches, combine functions. */
  default List<Block> blocks() {
    return List.of();
  }

  /** A copy whose operands, results and blocks are what the rewriter says. */
  Op rewrite(Rewriter rewriter);

  /** The only result; fails where there is none or more than one. */
  default Value result() {
    if (results().size() != 1) {
      throw new IllegalStateException(mnemonic() + " has " + results().size() + " results");
    }
    return results().getFirst();
  }

  /**
   * Whether the operation does nothing but compute its results from its operands, so that it may be
   * removed, duplicated or moved.
   */
  default boolean isPure() {
    return this instanceof ElementwiseOp
        || this instanceof ShapeOp
        || (this instanceof ComputeOp op && op.isPureCompute());
  }

  default boolean isTerminator() {
    return this instanceof ControlOp.Yield
        || this instanceof ControlOp.Condition
        || this instanceof ControlOp.Return;
  }

  /** The values of a fixed part and of optional operands that are present, in order. */
  @SafeVarargs
  static List<Value> operandList(List<Value> fixed, Optional<Value>... optional) {
    var all = new ArrayList<Value>(fixed.size() + optional.length);
    all.addAll(fixed);
    for (Optional<Value> operand : optional) {
      operand.ifPresent(all::add);
    }
    return Collections.unmodifiableList(all);
  }
}
