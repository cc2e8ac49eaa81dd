package dev.kiln.compiler.gpu.memory;

import dev.kiln.compiler.analysis.PointerOrigins;
import dev.kiln.compiler.analysis.Uses;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.PtxBuilder;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Keeps accesses to global memory in the order of tile IR, which knows no threads: puts a barrier
 * between two accesses, one of which writes, that may concern one address in different threads.
 *
 * <p>Two accesses are apart if their pointers derive from different parameters: who passes one
 * buffer as two parameters, and relies on their order where their elements lie at different
 * positions of the tiles, writes {@code tl.debug_barrier} between. (Results in the place of inputs
 * need none: a store waits for loads of the same shape and type that several threads repeat.)
 * Pointers of unknown origin may meet everything. Two accesses by one tile of pointers concern the
 * same address in the same thread, if each element has one thread in the layout they share.
 */
public final class GlobalOrder {
  /**
   * @param pointer {@code null} for what orders everything
   * @param earlier whether this may have been in an earlier iteration, with other addresses
   * @param layout {@code null} for a scalar, or if it is not known
   * @param commutes the kind of an atomic operation whose results nobody uses: several of one kind
   *     may come in any order; {@code null} for other accesses
   */
  private record Access(
      Value pointer,
      LinearLayout layout,
      boolean writes,
      boolean earlier,
      MemoryOp.AtomicKind commutes) {}

  /** Accesses since the last barrier. */
  public static final class Pending {
    private final Set<Access> accesses;

    private Pending(Set<Access> accesses) {
      this.accesses = accesses;
    }
  }

  private final PtxBuilder ptx;
  private final PointerOrigins origins;
  private final Uses uses;
  private int waiting;
  private final Set<Access> pending = new LinkedHashSet<>();

  public GlobalOrder(TileFunction function, PtxBuilder ptx) {
    this.ptx = ptx;
    this.origins = PointerOrigins.of(function);
    this.uses = Uses.of(function);
  }

  /**
   * Says that an access follows, and puts a barrier before it if one is needed.
   *
   * @param layout in which the threads access; {@code null} for a scalar
   * @param writes whether it writes; atomics do
   */
  public void access(Value pointer, LinearLayout layout, boolean writes) {
    add(new Access(pointer, layout, writes, false, null));
  }

  /** The same of an atomic operation. */
  public void access(MemoryOp.AtomicRmw op, LinearLayout layout) {
    add(new Access(op.pointer(), layout, true, false, commuting(op)));
  }

  private MemoryOp.AtomicKind commuting(MemoryOp.AtomicRmw op) {
    boolean ordered = op.kind() == MemoryOp.AtomicKind.XCHG || uses.count(op.result()) > 0;
    return ordered ? null : op.kind();
  }

  private void add(Access access) {
    if (pending.stream().anyMatch(other -> conflict(other, access))) {
      barrier();
    }
    pending.add(access);
  }

  /** Orders all accesses before against all behind, of this block's threads. */
  public void barrier() {
    ptx.effect("bar.sync", Immediate.b32(0));
    pending.clear();
  }

  /** Says that an atomic operation releases what all threads of the block did before. */
  public void release() {
    if (!pending.isEmpty()) {
      barrier();
    }
  }

  /** Says that an atomic operation acquired what all threads of the block see after. */
  public void acquire() {
    pending.add(new Access(null, null, true, false, null));
  }

  private boolean conflict(Access a, Access b) {
    if (a.pointer == null || b.pointer == null) {
      return true;
    }
    if (a.commutes != null && a.commutes == b.commutes) {
      return false;
    }
    if (!a.writes && !b.writes) {
      return false;
    }
    return mayMeet(a.pointer, b.pointer) ? !isOneThread(a, b) : isRepeatedInPlace(a, b);
  }

  /**
   * Whether a store may overwrite, through another parameter, what further threads that hold the
   * same elements are still to load.
   */
  private static boolean isRepeatedInPlace(Access load, Access store) {
    return !load.writes
        && !load.earlier
        && load.layout != null
        && store.layout != null
        && (load.layout.freeLanes() | load.layout.freeWarps()) != 0
        && load.layout.shape().equals(store.layout.shape())
        && load.pointer.type().pointee() == store.pointer.type().pointee();
  }

  private boolean mayMeet(Value a, Value b) {
    List<Integer> first = origins.params(a);
    List<Integer> second = origins.params(b);
    return first.isEmpty() || second.isEmpty() || first.stream().anyMatch(second::contains);
  }

  private static boolean isOneThread(Access a, Access b) {
    return a.pointer == b.pointer
        && !a.earlier
        && !b.earlier
        && a.layout != null
        && a.layout.equals(b.layout)
        && (a.layout.freeLanes() | a.layout.freeWarps()) == 0;
  }

  // ---------------------------------------------------------------- control flow

  public Pending pending() {
    return new Pending(new LinkedHashSet<>(pending));
  }

  /** Goes back to another way of a branch. */
  public void restore(Pending state) {
    pending.clear();
    merge(state);
  }

  /** Two ways meet. */
  public void merge(Pending other) {
    pending.addAll(other.accesses);
  }

  /** Whether code within a {@code while} is emitted, which may be waiting for other programs. */
  public boolean isWaiting() {
    return waiting > 0;
  }

  /** The emission of a {@code while} begins, or ends. */
  public void waits(boolean begins) {
    waiting += begins ? 1 : -1;
  }

  /** A loop begins: what it accesses may have been accessed by an iteration before. */
  public void enter(Op loop) {
    loop.blocks().forEach(block -> block.ops().forEach(this::earlier));
  }

  private void earlier(Op op) {
    switch (op) {
      case MemoryOp.Load load -> earlier(load.pointer(), false);
      case MemoryOp.Store store -> earlier(store.pointer(), true);
      case MemoryOp.AtomicRmw atomic ->
          pending.add(
              acquires(atomic.semantics()) && uses.count(atomic.result()) > 0
                  ? new Access(null, null, true, true, null)
                  : new Access(atomic.pointer(), null, true, true, commuting(atomic)));
      case MemoryOp.AtomicCas atomic ->
          earlier(acquires(atomic.semantics()) ? null : atomic.pointer(), true);
      default -> enter(op);
    }
  }

  /** Whether what follows an atomic operation comes after what it saw released. */
  static boolean acquires(String semantics) {
    return semantics.equals("acquire") || semantics.equals("acq_rel");
  }

  private void earlier(Value pointer, boolean writes) {
    pending.add(new Access(pointer, null, writes, true, null));
  }
}
