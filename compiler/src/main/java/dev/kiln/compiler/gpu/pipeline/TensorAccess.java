package dev.kiln.compiler.gpu.pipeline;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.SharedStores;
import dev.kiln.compiler.gpu.emit.SharedTile;
import dev.kiln.compiler.gpu.plan.TensorSource;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.MemoryOp.Load;
import dev.kiln.compiler.ir.MemoryOp.Store;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.RegisterClass;
import dev.kiln.compiler.ptx.SharedSlot;
import java.util.List;

/**
 * Loads and stores that tensor copies carry out where they stand: those that no loop runs ahead.
 */
public final class TensorAccess {
  private static final Immediate NOWHERE_ELSE = Immediate.b32(0);

  private TensorAccess() {}

  /**
   * Brings a block to shared memory, where the tile lies from then on, and waits for it.
   *
   * @param source the tensor of the block
   */
  public static void load(Emission emission, Load load, TensorSource source) {
    TensorTile tile = TensorTile.of(load.result().shape(), load.result().dtype());
    SharedSlot slot = slot(emission, tile, "the load of " + load.result().type(), load);
    Operand map = emission.tensorMap(tile.map(source));
    var full = new FullBarriers(emission, 1);
    full.begin();
    emission.order().access(load.pointer(), null, false);
    Guard first = full.first();
    Address barrier = full.at(NOWHERE_ELSE);
    full.expect(first, barrier, tile.bytes());
    tile.load(
        emission, first, map, load.block().orElseThrow().offsets(), slot, NOWHERE_ELSE, barrier);
    full.await(barrier, Immediate.b32(0));
    full.end();
    emission.define(load.result(), new SharedTile(slot, tile.layout(), tile.dtype(), null, false));
  }

  /**
   * Writes a tile to shared memory and from there to its block, and waits until it has come there.
   *
   * @param source the tensor of the block
   */
  public static void store(Emission emission, Store store, TensorSource source) {
    Type type = store.value().type();
    TensorTile tile = TensorTile.of(type.shape(), type.dtype());
    SharedSlot slot = slot(emission, tile, "the store of " + type, store);
    Operand map = emission.tensorMap(tile.map(source));
    SharedStores.store(
        emission,
        emission.fragment(store.value()),
        new SharedTile(slot, tile.layout(), tile.dtype()));
    emission.order().access(store.pointer(), null, true);
    emission.ptx().effect("fence.proxy.async");
    Operand isFirst =
        emission.ptx().emit("setp.eq.s32", RegisterClass.PRED, emission.thread(), Immediate.b32(0));
    var first = new Guard(isFirst, false);
    tile.store(emission, first, map, store.block().orElseThrow().offsets(), slot);
    add(emission, "cp.async.bulk.commit_group", first);
    add(emission, "cp.async.bulk.wait_group", first, Immediate.b32(0));
  }

  private static SharedSlot slot(Emission emission, TensorTile tile, String what, MemoryOp op) {
    return emission.shared(tile.bytes(), tile.alignment(), what + " at " + op.loc());
  }

  private static void add(Emission emission, String opcode, Guard guard, Operand... operands) {
    emission.ptx().add(opcode, List.of(), guard, List.of(), Effect.EFFECT, null, operands);
  }
}
