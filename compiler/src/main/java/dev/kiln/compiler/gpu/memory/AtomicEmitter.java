package dev.kiln.compiler.gpu.memory;

import dev.kiln.compiler.gpu.combine.Replication;
import dev.kiln.compiler.gpu.emit.Elements;
import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.Fragment;
import dev.kiln.compiler.gpu.emit.Uniform;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Atomic operations. Of the threads that hold an element one does it, for a scalar the block's
 * first thread; the others get its result. A program is one thread in tile IR: a release comes
 * after what all threads of the block did before, an acquire before what they do after.
 */
public final class AtomicEmitter {
  private final Emission emission;
  private final PtxBuilder ptx;

  public AtomicEmitter(Emission emission) {
    this.emission = emission;
    this.ptx = emission.ptx();
  }

  public void emit(MemoryOp.AtomicRmw op) {
    DType dtype = op.value().dtype();
    var atomics = new AtomicElement(emission, op.loc(), dtype, op.semantics(), op.scope());
    boolean isWanted = emission.uses().count(op.result()) > 0;
    Step step =
        (address, operands, guard) ->
            atomics.update(op.kind(), address, operands.getFirst(), guard, isWanted);
    emit(op, op.pointer(), List.of(op.value()), op.mask(), op.semantics(), step);
  }

  public void emit(MemoryOp.AtomicCas op) {
    DType dtype = op.value().dtype();
    var atomics = new AtomicElement(emission, op.loc(), dtype, op.semantics(), op.scope());
    Step step =
        (address, operands, guard) ->
            atomics.compareAndSwap(address, operands.get(0), operands.get(1), guard);
    emit(
        op,
        op.pointer(),
        List.of(op.expected(), op.value()),
        Optional.empty(),
        op.semantics(),
        step);
  }

  /** One element; gives what was there before, or {@code null} if that is not wanted. */
  private interface Step {
    Operand at(Address address, List<Operand> operands, Operand guard);
  }

  private void emit(
      MemoryOp op,
      Value pointer,
      List<Value> operands,
      Optional<Value> mask,
      String semantics,
      Step step) {
    boolean isTile = pointer.type().isTile();
    LinearLayout layout = isTile ? emission.plan().layout(op.result()) : null;
    if (semantics.equals("release") || semantics.equals("acq_rel")) {
      emission.order().release();
    }
    if (op instanceof MemoryOp.AtomicRmw update) {
      emission.order().access(update, layout);
    } else {
      emission.order().access(pointer, layout, true);
    }
    if (isTile) {
      tile(op, layout, pointer, operands, mask, step);
    } else {
      scalar(op, pointer, operands, mask, step);
    }
    // Nobody can act on a value that nobody sees.
    if (GlobalOrder.acquires(semantics) && emission.uses().count(op.result()) > 0) {
      emission.order().acquire();
    }
  }

  private void scalar(
      MemoryOp op, Value pointer, List<Value> operands, Optional<Value> mask, Step step) {
    var uniform = new Uniform(emission);
    Operand guard = both(uniform.isFirst(), mask.map(emission::scalar).orElse(null));
    Operand old =
        step.at(
            Address.of(emission.scalar(pointer), 0),
            operands.stream().map(emission::scalar).toList(),
            guard);
    boolean isWanted = emission.uses().count(op.result()) > 0;
    emission.define(op.result(), isWanted ? uniform.broadcast(old) : zero(op.result().type()));
  }

  private void tile(
      MemoryOp op,
      LinearLayout layout,
      Value pointer,
      List<Value> operands,
      Optional<Value> mask,
      Step step) {
    Fragment pointers = emission.fragment(pointer, layout);
    List<Fragment> values =
        operands.stream().map(operand -> emission.fragment(operand, layout)).toList();
    Optional<Fragment> masks = mask.map(given -> emission.fragment(given, layout));
    Operand owner = emission.isOwner(layout);
    var old = new ArrayList<Operand>();
    for (int r = 0; r < layout.registerCount(); r++) {
      int register = r;
      int repeated = r & ~layout.freeRegisters();
      old.add(
          repeated < r
              ? old.get(sameElement(layout, r))
              : step.at(
                  Address.of(pointers.registers().get(r), 0),
                  values.stream().map(value -> value.registers().get(register)).toList(),
                  both(owner, masks.map(m -> m.registers().get(register)).orElse(null))));
    }
    if (emission.uses().count(op.result()) == 0) {
      Operand zero = zero(op.result().type());
      old.replaceAll(operand -> zero);
      emission.define(op.result(), new Fragment(layout, old));
      return;
    }
    emission.define(
        op.result(),
        Replication.fromOwners(emission, new Fragment(layout, old), op.result().dtype()));
  }

  /** The register without free bits that holds the same element. */
  private static int sameElement(LinearLayout layout, int register) {
    int first = 0;
    while ((first & layout.freeRegisters()) != 0
        || layout.registerIndex(first) != layout.registerIndex(register)) {
      first++;
    }
    return first;
  }

  private static Operand zero(Type type) {
    RegisterClass held = Elements.held(type);
    return new Immediate(held, 0, false);
  }

  private Operand both(Operand left, Operand right) {
    if (left == null || right == null) {
      return left == null ? right : left;
    }
    return ptx.emit("and.pred", RegisterClass.PRED, left, right);
  }
}
