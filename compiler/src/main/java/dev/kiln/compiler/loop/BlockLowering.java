package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Value;

/**
 * Lowers the operations of a block in their order. Tiles of lazy operations are left until a nest
 * wants them; everything else is placed where it stands, or in an earlier nest that it may join.
 */
final class BlockLowering {
  private final KernelLowering kernel;
  private final Region region;
  private final CarriedTiles carried;

  BlockLowering(KernelLowering kernel, Region region, CarriedTiles carried) {
    this.kernel = kernel;
    this.region = region;
    this.carried = carried;
  }

  /** Everything but the terminator. */
  void lower(Block block) {
    kernel.scalars().within(region, () -> lowerAll(block));
  }

  private Void lowerAll(Block block) {
    for (Op op : block.body()) {
      kernel.scalars().at(op.loc());
      lower(op);
    }
    return null;
  }

  private void lower(Op op) {
    switch (op) {
      case ElementwiseOp e -> elementwise(e);
      case ShapeOp.Unsplat u -> unsplat(u);
      case ShapeOp s -> keepIfLong(s);
      case MemoryOp m -> new MemoryLowering(kernel, region).lower(m);
      case ComputeOp c -> new ComputeLowering(kernel, region, carried).lower(c);
      case ControlOp c -> new ControlLowering(kernel, region, carried).lower(c);
    }
  }

  private void elementwise(ElementwiseOp op) {
    if (op.result().type().isTile()) {
      keepIfLong(op);
    } else {
      kernel.scalars().emit(op);
    }
  }

  private void keepIfLong(Op op) {
    for (Value result : op.results()) {
      if (kernel.uses().isUsed(result) && kernel.costs().isTooLong(result)) {
        kernel.materialise(result);
      }
    }
  }

  private void unsplat(ShapeOp.Unsplat op) {
    if (!kernel.uses().isUsed(op.result())) {
      return;
    }
    kernel.materialise(op.operand());
    KernelLowering.Located at = kernel.located(op.operand()).orElseThrow();
    int index = at.region() == region ? at.index() : 0;
    kernel.readElement(op.loc(), op.result(), at.buffer(), region, index);
  }
}
