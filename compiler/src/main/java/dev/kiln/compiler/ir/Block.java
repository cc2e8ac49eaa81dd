package dev.kiln.compiler.ir;

import java.util.List;

/**
 * A list of operations, the last of which is a terminator ({@link ControlOp.Yield}, {@link
 * ControlOp.Condition} or {@link ControlOp.Return}).
 */
public record Block(List<Value> params, List<Op> ops) {
  public Block {
    params = List.copyOf(params);
    ops = List.copyOf(ops);
  }

  public Op terminator() {
    return ops.getLast();
  }

  /** The operations before the terminator. */
  public List<Op> body() {
    return ops.subList(0, ops.size() - 1);
  }
}
