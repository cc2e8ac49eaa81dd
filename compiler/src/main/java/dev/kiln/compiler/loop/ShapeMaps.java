package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Value;
import java.util.Optional;

/** Shape operations that only say where an element of the result lies in the operand. */
final class ShapeMaps {
  private ShapeMaps() {}

  /** The operand's element for each element of the result. */
  record Step(Value operand, IndexMap map) {}

  /** Whether every element of the result is one of the operation's single operand. */
  static boolean isView(Op op) {
    return op instanceof ShapeOp.Broadcast
        || op instanceof ShapeOp.ExpandDims
        || op instanceof ShapeOp.Permute
        || op instanceof ShapeOp.Reshape
        || op instanceof ShapeOp.Split;
  }

  /**
   * From a result of the operation to its operand; empty if it is no view, or a reshape through
   * which the nest's axes do not go.
   */
  static Optional<Step> through(Op op, Value result, IndexMap map, int[] dims) {
    return switch (op) {
      case ShapeOp.Broadcast b ->
          Optional.of(new Step(b.operand(), map.beforeBroadcast(b.operand().shape())));
      case ShapeOp.ExpandDims e -> Optional.of(new Step(e.operand(), map.remove(e.axis())));
      case ShapeOp.Permute p -> Optional.of(new Step(p.operand(), map.beforePermute(p.order())));
      case ShapeOp.Split s ->
          Optional.of(
              new Step(s.operand(), map.insert(map.rank(), result.equals(s.left()) ? 0 : 1)));
      case ShapeOp.Reshape r ->
          map.beforeReshape(r.operand().shape(), result.shape(), dims)
              .map(before -> new Step(r.operand(), before));
      default -> Optional.empty();
    };
  }
}
