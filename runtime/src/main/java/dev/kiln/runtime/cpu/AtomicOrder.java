package dev.kiln.runtime.cpu;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * Whether a kernel's results depend on the order in which its programs reach its atomic operations:
 * it adds floats, exchanges values, or uses what an atomic operation returns. Such kernels run
 * their programs in order, so that the same launch always gives the same bits.
 */
final class AtomicOrder {
  private final Set<Value> used = Collections.newSetFromMap(new IdentityHashMap<>());
  private boolean dependent;

  private AtomicOrder() {}

  static boolean matters(TileFunction function) {
    var order = new AtomicOrder();
    order.collectUses(function.body());
    order.visit(function.body());
    return order.dependent;
  }

  private void collectUses(Block block) {
    for (Op op : block.ops()) {
      used.addAll(op.operands());
      op.blocks().forEach(this::collectUses);
    }
  }

  private void visit(Block block) {
    for (Op op : block.ops()) {
      if (op instanceof MemoryOp.AtomicRmw rmw) {
        boolean exchanges = rmw.kind() == MemoryOp.AtomicKind.XCHG;
        boolean addsFloats = rmw.kind() == MemoryOp.AtomicKind.ADD && rmw.value().dtype().isFloat();
        dependent |= exchanges || addsFloats || used.contains(rmw.result());
      } else if (op instanceof MemoryOp.AtomicCas) {
        dependent = true;
      }
      op.blocks().forEach(this::visit);
    }
  }
}
