package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.ShapeOp;

/** Gives every value of a function a slot and turns its operations into {@link Step}s. */
final class StepCompiler {
  private final Slots slots = new Slots();

  Slots slots() {
    return slots;
  }

  CompiledBlock block(Block block) {
    int[] params = slots.of(block.params());
    Op[] ops = block.body().toArray(Op[]::new);
    Step[] steps = new Step[ops.length];
    for (int i = 0; i < ops.length; i++) {
      steps[i] = step(ops[i]);
    }
    return new CompiledBlock(block, params, ops, steps, slots.of(block.terminator().operands()));
  }

  private Step step(Op op) {
    return switch (op) {
      case ElementwiseOp elementwise -> ElementwiseSteps.of(elementwise, this);
      case ShapeOp shape -> ShapeSteps.of(shape, this);
      case MemoryOp memory -> MemorySteps.of(memory, this);
      case ComputeOp compute -> ComputeSteps.of(compute, this);
      case ControlOp control -> ControlSteps.of(control, this);
    };
  }
}
