package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.analysis.AxisAnalysis;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import java.util.HashMap;
import java.util.Map;

/**
 * Tiles that are computed anew wherever they are asked for: constants, ranges, splats, and integer
 * arithmetic on such, as long as it is short. So indices, addresses and masks never change threads.
 */
final class Recomputation {
  /** Instructions for an element beyond which a tile is computed once: random numbers, say. */
  private static final int MOST = 48;

  private static final int DIVISION = 6;

  private final AxisAnalysis axes;
  private final Map<Value, Integer> costs = new HashMap<>();

  private Recomputation(AxisAnalysis axes) {
    this.axes = axes;
  }

  static Recomputation of(TileFunction function, AxisAnalysis axes) {
    var recomputation = new Recomputation(axes);
    recomputation.block(function.body());
    return recomputation;
  }

  boolean isRecomputed(Value tile) {
    return costs.containsKey(tile);
  }

  private void block(Block block) {
    for (Op op : block.ops()) {
      switch (op) {
        case ElementwiseOp elementwise -> elementwise(elementwise);
        case ShapeOp shape -> shape(shape);
        default -> op.blocks().forEach(this::block);
      }
    }
  }

  private void elementwise(ElementwiseOp op) {
    if (op.result().type().isTile() && isCheap(op)) {
      keep(op, cost(op));
    }
  }

  private boolean isCheap(ElementwiseOp op) {
    return op instanceof ElementwiseOp.Constant
        || op.result().dtype().isInteger()
        || op instanceof ElementwiseOp.Cast cast
            && (cast.kind() == CastKind.SITOFP || cast.kind() == CastKind.UITOFP);
  }

  private int cost(ElementwiseOp op) {
    return switch (op) {
      case ElementwiseOp.Constant constant -> 0;
      case ElementwiseOp.Binary binary ->
          switch (binary.kind()) {
            case DIVS, DIVU, REMS, REMU ->
                axes.info(binary.right()).constant().isPresent() ? DIVISION : MOST;
            default -> 1;
          };
      default -> 1;
    };
  }

  private void shape(ShapeOp op) {
    if (!(op instanceof ShapeOp.Gather || op instanceof ShapeOp.Unsplat)) {
      keep(op, 0);
    }
  }

  private void keep(Op op, int own) {
    int cost = own;
    for (Value operand : op.operands()) {
      if (operand.type().isTile()) {
        cost += costs.getOrDefault(operand, MOST + 1);
      }
    }
    if (cost <= MOST) {
      for (Value result : op.results()) {
        if (result.type().isTile()) {
          costs.put(result, cost);
        }
      }
    }
  }
}
