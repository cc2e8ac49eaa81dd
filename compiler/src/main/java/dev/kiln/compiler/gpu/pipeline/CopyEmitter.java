package dev.kiln.compiler.gpu.pipeline;

import dev.kiln.compiler.gpu.dot.LoadedOperands;
import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.LazyFragment;
import dev.kiln.compiler.gpu.emit.SharedAddresses;
import dev.kiln.compiler.gpu.emit.SharedTile;
import dev.kiln.compiler.gpu.plan.PipelinedLoop.Copy;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.MemoryOp.Load;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.layout.SharedLayout;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import dev.kiln.compiler.ptx.SharedSlot;
import java.util.ArrayList;
import java.util.List;

/** One load of a pipelined loop: its buffers, and the copies of a thread into one of them. */
final class CopyEmitter {
  /** Rows of 128 bytes pass through all banks, so swizzles repeat after at most 8 of them. */
  private static final int ALIGNMENT = 1024;

  private static final int LINE = 128;
  private static final int WIDEST = 16;

  private final Emission emission;
  private final PtxBuilder ptx;
  private final Copy copy;
  private final Load load;
  private final LinearLayout layout;
  private final SharedLayout shared;
  private final SharedSlot slot;
  private final long stageBytes;

  CopyEmitter(Emission emission, Copy copy, int stages) {
    this.emission = emission;
    this.ptx = emission.ptx();
    this.copy = copy;
    this.load = copy.load();
    this.layout = copy.layout();
    this.shared = LoadedOperands.layout(emission, load.result(), copy.axis());
    long bytes = (long) shared.size() * dtype().bytes();
    int alignment = bytes < ALIGNMENT ? LINE : ALIGNMENT;
    this.stageBytes = (bytes + alignment - 1) & -alignment;
    this.slot =
        emission.shared(
            stages * stageBytes,
            alignment,
            stages + " stages of the load of " + load.result().type() + " at " + load.loc());
  }

  private DType dtype() {
    return load.result().dtype();
  }

  /** Bytes from one buffer to the next. */
  long stageBytes() {
    return stageBytes;
  }

  /** Whether a fence has to stand between copies and what reads them. */
  boolean isReadByProxy() {
    return LoadedOperands.isReadByProxy(emission, load.result());
  }

  /** Says where the tile of an iteration lies. */
  void define(Operand offset) {
    emission.define(load.result(), tile(offset));
  }

  private SharedTile tile(Operand offset) {
    return new SharedTile(slot, shared, dtype(), offset, false);
  }

  /**
   * Starts the copies of an iteration, whose pointers and masks have been emitted.
   *
   * @param exists whether there is such an iteration
   * @param offset of its buffer
   */
  void issue(Operand exists, Operand offset) {
    ptx.at(load.loc());
    emission.order().access(load.pointer(), layout, false);
    LazyFragment pointers = emission.lazy(load.pointer(), layout);
    LazyFragment masks = load.mask().map(mask -> emission.lazy(mask, layout)).orElse(null);
    SharedAddresses addresses = SharedAddresses.of(emission, tile(offset), layout);
    Guard guard = guard(exists);
    for (int[] group : layout.groups(copy.axis(), copy.width())) {
      int first = group[0];
      if ((first & layout.freeRegisters()) == 0) {
        copy(
            guard,
            addresses.at(layout.registerIndex(first)),
            pointers.register(first),
            masks == null ? null : masks.register(first));
      }
    }
  }

  /** One thread copies each element. */
  private Guard guard(Operand exists) {
    Operand owner = emission.isOwner(layout);
    Operand both = owner == null ? exists : ptx.emit("and.pred", RegisterClass.PRED, exists, owner);
    return new Guard(both, false);
  }

  /** Where the mask is false nothing is read, and zeros are written. */
  private void copy(Guard guard, Address to, Operand from, Operand mask) {
    Immediate bytes = Immediate.b32(copy.bytes());
    List<Operand> operands = new ArrayList<>(List.of(to, Address.of(from, 0), bytes));
    if (mask != null) {
      operands.add(ptx.emit("selp.b32", RegisterClass.B32, bytes, Immediate.b32(0), mask));
    }
    ptx.add(
        copy.bytes() == WIDEST ? "cp.async.cg.shared.global" : "cp.async.ca.shared.global",
        List.of(),
        guard,
        List.of(),
        Effect.EFFECT,
        null,
        operands.toArray(Operand[]::new));
  }
}
