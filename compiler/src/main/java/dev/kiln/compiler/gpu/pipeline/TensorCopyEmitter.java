package dev.kiln.compiler.gpu.pipeline;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.SharedTile;
import dev.kiln.compiler.gpu.plan.PipelinedLoop.TensorCopy;
import dev.kiln.compiler.ir.MemoryOp.Load;
import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.SharedSlot;

/** One load of a pipelined loop that tensor copies carry out: its buffers, and the copies. */
final class TensorCopyEmitter {
  private final Emission emission;
  private final Load load;
  private final TensorTile tile;
  private final SharedSlot slot;
  private final Operand map;

  TensorCopyEmitter(Emission emission, TensorCopy copy, int stages) {
    this.emission = emission;
    this.load = copy.load();
    this.tile = TensorTile.of(load.result().shape(), load.result().dtype());
    this.slot =
        emission.shared(
            stages * stageBytes(),
            tile.alignment(),
            stages + " stages of the load of " + load.result().type() + " at " + load.loc());
    this.map = emission.tensorMap(tile.map(copy.source()));
  }

  /** Bytes from one buffer to the next. */
  long stageBytes() {
    return Math.max(tile.alignment(), tile.bytes());
  }

  /** Bytes that the copies of an iteration bring. */
  int bytes() {
    return tile.bytes();
  }

  /** Says where the tile of an iteration lies. */
  void define(Operand offset) {
    emission.define(
        load.result(), new SharedTile(slot, tile.layout(), tile.dtype(), offset, false));
  }

  /** Starts the copies of an iteration, whose offsets have been emitted. */
  void issue(Guard guard, Operand offset, Address barrier) {
    emission.ptx().at(load.loc());
    emission.order().access(load.pointer(), null, false);
    tile.load(emission, guard, map, load.block().orElseThrow().offsets(), slot, offset, barrier);
  }
}
