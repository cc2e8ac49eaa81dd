package dev.kiln.compiler.gpu.dot;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ComputeOp.Dot;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Value;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Operands that are the same in all iterations of a loop, as the queries of attention: they are
 * stored in shared memory before it, which frees their registers as well.
 */
public final class InvariantOperands {
  private InvariantOperands() {}

  /** Stores the operands of products in a loop that come from outside. */
  public static void store(Emission emission, Op loop) {
    var inside = new HashSet<Value>();
    for (Block block : loop.blocks()) {
      collect(block, inside);
    }
    for (Block block : loop.blocks()) {
      store(emission, block, inside);
    }
  }

  private static void collect(Block block, Set<Value> inside) {
    inside.addAll(block.params());
    for (Op op : block.ops()) {
      inside.addAll(op.results());
      op.blocks().forEach(nested -> collect(nested, inside));
    }
  }

  private static void store(Emission emission, Block block, Set<Value> inside) {
    for (Op op : block.ops()) {
      if (op instanceof Dot dot) {
        operands(emission, dot)
            .filter(operand -> !inside.contains(operand.value()))
            .filter(operand -> operand.isWorthKeeping(emission))
            .forEach(operand -> operand.stored(emission));
      }
      op.blocks().forEach(nested -> store(emission, nested, inside));
    }
  }

  private static Stream<DotOperand> operands(Emission emission, Dot dot) {
    var form = emission.plan().form(dot);
    return Stream.of(DotOperand.left(dot, form), DotOperand.right(dot, form))
        .flatMap(Optional::stream);
  }
}
