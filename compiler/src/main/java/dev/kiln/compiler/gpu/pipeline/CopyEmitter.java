package dev.kiln.compiler.gpu.pipeline;

import dev.kiln.compiler.gpu.dot.LoadedOperands;
import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.LazyFragment;
import dev.kiln.compiler.gpu.emit.SharedAddresses;
import dev.kiln.compiler.gpu.emit.SharedTile;
import dev.kiln.compiler.gpu.plan.PipelinedLoop;
import dev.kiln.compiler.gpu.plan.PipelinedLoop.Copy;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp.Load;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.layout.SharedLayout;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Node.SharedAccess;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import dev.kiln.compiler.ptx.SharedSlot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** One load of a pipelined loop: its buffers, and the copies of a thread into one of them. */
final class CopyEmitter {
  /** Rows of 128 bytes pass through all banks, so swizzles repeat after at most 8 of them. */
  private static final int ALIGNMENT = 1024;

  private static final int LINE = 128;
  private static final int WIDEST = 16;

  /** Where copies stand. */
  enum Place {
    /** Before the loop, whose threads may still read what an earlier run of it copied. */
    BEFORE,
    /** In iterations in which masks that change with them are true. */
    STEADY,
    /** In others. */
    ELSEWHERE
  }

  private final Emission emission;
  private final PtxBuilder ptx;
  private final PipelinedLoop plan;
  private final Copy copy;
  private final Load load;
  private final LinearLayout layout;
  private final SharedLayout shared;
  private final SharedSlot slot;
  private final long stageBytes;

  CopyEmitter(Emission emission, Copy copy, PipelinedLoop plan) {
    this.emission = emission;
    this.ptx = emission.ptx();
    this.copy = copy;
    this.plan = plan;
    this.load = copy.load();
    this.layout = copy.layout();
    this.shared = LoadedOperands.layout(emission, load.result(), copy.axis());
    long bytes = (long) shared.size() * dtype().bytes();
    int alignment = bytes < ALIGNMENT ? LINE : ALIGNMENT;
    this.stageBytes = (bytes + alignment - 1) & -alignment;
    this.slot =
        emission.shared(
            plan.stages() * stageBytes,
            alignment,
            plan.stages() + " stages of the load of " + load.result().type() + " at " + load.loc());
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
  void issue(Operand exists, Operand offset, Place place) {
    ptx.at(load.loc());
    emission.order().access(load.pointer(), layout, false);
    LazyFragment pointers = emission.lazy(load.pointer(), layout);
    List<LazyFragment> masks =
        masks().stream()
            .filter(mask -> place != Place.STEADY || !isVarying(mask))
            .map(mask -> emission.lazy(mask, layout))
            .toList();
    SharedAddresses addresses = SharedAddresses.of(emission, tile(offset), layout);
    Guard guard = guard(exists);
    SharedAccess access = place == Place.BEFORE ? new SharedAccess(slot, true) : null;
    for (int[] group : layout.groups(copy.axis(), copy.width())) {
      int first = group[0];
      if ((first & layout.freeRegisters()) == 0) {
        copy(
            guard,
            access,
            addresses.at(layout.registerIndex(first)),
            pointers.register(first),
            masks.stream().map(mask -> mask.register(first)).toList());
      }
    }
  }

  /** One thread copies each element. */
  private Guard guard(Operand exists) {
    Operand owner = emission.isOwner(layout);
    Operand both = owner == null ? exists : ptx.emit("and.pred", RegisterClass.PRED, exists, owner);
    return both instanceof Immediate ? null : new Guard(both, false);
  }

  /** What has to be true together; first what is known before the loop. */
  private List<Value> masks() {
    List<Value> parts = new ArrayList<>();
    load.mask().ifPresent(mask -> addParts(mask, parts));
    return parts.stream().sorted(Comparator.comparing(this::isVarying)).toList();
  }

  /** The parts of the mask that are not the same in all iterations. */
  List<Value> varyingMasks() {
    return masks().stream().filter(this::isVarying).toList();
  }

  private boolean isVarying(Value mask) {
    return plan.slice().ops().stream().anyMatch(op -> op.results().contains(mask));
  }

  private void addParts(Value mask, List<Value> parts) {
    Op definition = emission.uses().definition(mask).orElse(null);
    if (definition instanceof ElementwiseOp.Binary both
        && both.kind() == BinaryKind.AND
        && emission.plan().isRecomputed(mask)) {
      addParts(both.left(), parts);
      addParts(both.right(), parts);
    } else {
      parts.add(mask);
    }
  }

  /**
   * Where a mask is false nothing is read, and zeros are written. The number of bytes is chosen
   * mask by mask, so that the first choices are made before the loop.
   */
  private void copy(
      Guard guard, SharedAccess access, Address to, Operand from, List<Operand> masks) {
    Immediate bytes = Immediate.b32(copy.bytes());
    List<Operand> operands = new ArrayList<>(List.of(to, Address.of(from, 0), bytes));
    Operand read = bytes;
    for (Operand mask : masks) {
      read = ptx.emit("selp.b32", RegisterClass.B32, read, Immediate.b32(0), mask);
    }
    if (read != bytes) {
      operands.add(read);
    }
    ptx.add(
        isPastL1() ? "cp.async.cg.shared.global" : "cp.async.ca.shared.global",
        List.of(),
        guard,
        List.of(),
        Effect.EFFECT,
        access,
        operands.toArray(Operand[]::new));
  }

  /** What is read once does not go to L1, unless the load says so; PTX has that for 16 bytes. */
  private boolean isPastL1() {
    return copy.bytes() == WIDEST && !load.hints().cacheModifier().equals(".ca");
  }
}
