package dev.kiln.compiler.gpu.memory;

import dev.kiln.compiler.analysis.AxisInfo;
import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.LazyFragment;
import dev.kiln.compiler.gpu.emit.Uniform;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Stores to global memory: by vectors, each under its predicate, each element by one thread.
 *
 * <p>Of elements with one address the last in row-major order stays: if one thread holds them, or
 * if the analysis sees that the addresses (and the mask) are equal along an axis. Of elements that
 * the analysis cannot tell apart, in several threads, any may stay.
 */
public final class StoreEmitter {
  private final Emission emission;
  private final PtxBuilder ptx;

  public StoreEmitter(Emission emission) {
    this.emission = emission;
    this.ptx = emission.ptx();
  }

  public void emit(MemoryOp.Store store) {
    if (store.value().type().isTile()) {
      tile(store);
    } else {
      emission.order().access(store.pointer(), null, true);
      Operand mask = store.mask().map(emission::scalar).orElse(null);
      store(
          store,
          Address.of(emission.scalar(store.pointer()), 0),
          both(mask, new Uniform(emission).isFirst()),
          List.of(emission.scalar(store.value())));
    }
  }

  private void tile(MemoryOp.Store store) {
    LinearLayout home = emission.plan().layout(store);
    emission.order().access(store.pointer(), home, true);
    var access = new GlobalAccess(emission, store.pointer(), store.mask(), home);
    LinearLayout layout = access.layout();
    LazyFragment value = emission.lazy(store.value(), layout);
    Operand owner = emission.isOwner(layout);
    int alike = alike(store);
    for (GlobalAccess.Group group : access.groups()) {
      Operand last = isLast(layout, group.first(), alike);
      List<Operand> elements = new ArrayList<>();
      for (int register : group.registers()) {
        elements.add(value.register(register));
      }
      store(store, access.address(group), both(both(access.mask(group), last), owner), elements);
    }
  }

  /** Bits of the row-major index that change neither address nor mask. */
  private int alike(MemoryOp.Store store) {
    AxisInfo pointer = emission.axes().info(store.pointer());
    Optional<AxisInfo> mask = store.mask().map(emission.axes()::info);
    int bits = 0;
    int shift = 0;
    for (int axis = store.value().shape().rank() - 1; axis >= 0; axis--) {
      int extent = store.value().shape().dim(axis);
      long same = Math.min(pointer.constancy(axis), extent);
      same = mask.isPresent() ? Math.min(same, mask.get().constancy(axis)) : same;
      bits |= (int) (same - 1) << shift;
      shift += Integer.numberOfTrailingZeros(extent);
    }
    return bits;
  }

  /** Whether all these bits are set in the index of a register's element. */
  private Operand isLast(LinearLayout layout, int register, int bits) {
    if (bits == 0) {
      return null;
    }
    Operand index = emission.coordinate(layout, -1, register);
    Operand found = ptx.emit("and.b32", RegisterClass.B32, index, Immediate.b32(bits));
    return ptx.emit("setp.eq.s32", RegisterClass.PRED, found, Immediate.b32(bits));
  }

  private Operand both(Operand a, Operand b) {
    if (a == null || b == null) {
      return a == null ? b : a;
    }
    return ptx.emit("and.pred", RegisterClass.PRED, a, b);
  }

  /**
   * One access.
   *
   * @param mask or {@code null}
   */
  private void store(MemoryOp.Store store, Address address, Operand mask, List<Operand> elements) {
    boolean isKnown = mask instanceof Immediate;
    if (isKnown && ((Immediate) mask).bits() == 0) {
      return;
    }
    var words = new Words(ptx, store.value().dtype(), elements.size());
    ptx.add(
        Caching.store(store.hints(), store.loc()) + words.type(false),
        List.of(),
        mask == null || isKnown ? null : new Guard(mask, false),
        List.of(),
        Effect.EFFECT,
        null,
        address,
        Words.operand(words.pack(elements)));
  }
}
