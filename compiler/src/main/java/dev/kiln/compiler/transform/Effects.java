package dev.kiln.compiler.transform;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;

/** What operations do beside computing their results. */
final class Effects {
  private Effects() {}

  /** Whether an operation may be removed if its results are not used. */
  static boolean isRemovable(Op op) {
    return switch (op) {
      case MemoryOp memory -> isPlainRead(memory);
      // It may wait for another program, which reading memory in a loop is for.
      case ControlOp.While loop ->
          isRemovable(loop.before())
              && isRemovable(loop.body())
              && !touchesMemory(loop.before())
              && !touchesMemory(loop.body());
      case ComputeOp.InlineAsm asm -> asm.isPure();
      default -> !op.isTerminator() && op.blocks().stream().allMatch(Effects::isRemovable);
    };
  }

  private static boolean isRemovable(Block block) {
    return block.ops().stream().allMatch(op -> op.isTerminator() || isRemovable(op));
  }

  /** Reads that nobody could tell were left out. */
  private static boolean isPlainRead(MemoryOp op) {
    return switch (op) {
      case MemoryOp.Load load -> !load.hints().isVolatile();
      case MemoryOp.ReadSpecial read -> true;
      case MemoryOp.Store o -> false;
      case MemoryOp.AtomicRmw o -> false;
      case MemoryOp.AtomicCas o -> false;
      case MemoryOp.Barrier o -> false;
      case MemoryOp.Print o -> false;
      case MemoryOp.Assert o -> false;
      case MemoryOp.Assume o -> false;
    };
  }

  /** Whether memory may hold something else afterwards, or must be read anew. */
  static boolean mayWrite(Op op) {
    if (op instanceof MemoryOp memory) {
      return switch (memory) {
        case MemoryOp.Store o -> true;
        case MemoryOp.AtomicRmw o -> true;
        case MemoryOp.AtomicCas o -> true;
        case MemoryOp.Barrier o -> true;
        case MemoryOp.Load load -> load.hints().isVolatile();
        case MemoryOp.Print o -> false;
        case MemoryOp.Assert o -> false;
        case MemoryOp.Assume o -> false;
        case MemoryOp.ReadSpecial o -> false;
      };
    }
    if (op instanceof ComputeOp.InlineAsm asm) {
      return !asm.isPure();
    }
    return op.blocks().stream().anyMatch(Effects::mayWrite);
  }

  static boolean mayWrite(Block block) {
    return block.ops().stream().anyMatch(Effects::mayWrite);
  }

  private static boolean touchesMemory(Block block) {
    return block.ops().stream()
        .anyMatch(
            op -> op instanceof MemoryOp || op.blocks().stream().anyMatch(Effects::touchesMemory));
  }

  /**
   * Whether an operation may run where it would not have run, or more or less often: it is pure,
   * and so is everything in its blocks.
   */
  static boolean isSpeculatable(Op op) {
    return op.isPure() && op.blocks().stream().allMatch(Effects::isSpeculatable);
  }

  private static boolean isSpeculatable(Block block) {
    return block.ops().stream().allMatch(op -> op.isTerminator() || isSpeculatable(op));
  }
}
