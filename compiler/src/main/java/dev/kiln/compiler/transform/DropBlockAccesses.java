package dev.kiln.compiler.transform;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.BlockAccess;
import dev.kiln.compiler.ir.MemoryOp.Load;
import dev.kiln.compiler.ir.MemoryOp.Store;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Substitution;
import dev.kiln.compiler.ir.TileFunction;
import java.util.List;
import java.util.Optional;

/**
 * Forgets which blocks of tensors loads and stores are ({@link BlockAccess}), for targets that
 * access elements one by one: what only that needed is dead.
 */
public final class DropBlockAccesses implements Pass {
  @Override
  public String name() {
    return "drop-blocks";
  }

  @Override
  public TileFunction run(TileFunction function) {
    Block body = block(function.body());
    return function.withBody(body);
  }

  private static Block block(Block block) {
    List<Op> ops = block.ops().stream().map(DropBlockAccesses::op).toList();
    for (int i = 0; i < ops.size(); i++) {
      if (ops.get(i) != block.ops().get(i)) {
        return new Block(block.params(), ops);
      }
    }
    return block;
  }

  private static Op op(Op op) {
    return switch (op) {
      case Load load when load.block().isPresent() ->
          new Load(
              load.loc(),
              load.result(),
              load.pointer(),
              load.mask(),
              load.other(),
              load.hints(),
              Optional.empty());
      case Store store when store.block().isPresent() ->
          new Store(
              store.loc(),
              store.pointer(),
              store.value(),
              store.mask(),
              store.hints(),
              Optional.empty());
      default ->
          Substitution.withBlocks(op, op.blocks().stream().map(DropBlockAccesses::block).toList());
    };
  }
}
