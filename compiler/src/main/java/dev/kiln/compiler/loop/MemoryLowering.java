package dev.kiln.compiler.loop;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Lowers accesses to global memory, prints and asserts. */
final class MemoryLowering {
  private final KernelLowering kernel;
  private final Region region;

  MemoryLowering(KernelLowering kernel, Region region) {
    this.kernel = kernel;
    this.region = region;
  }

  void lower(MemoryOp op) {
    switch (op) {
      case MemoryOp.Load load -> load(load);
      case MemoryOp.Store store -> store(store);
      case MemoryOp.AtomicRmw atomic -> atomic(atomic);
      case MemoryOp.AtomicCas atomic -> atomic(atomic);
      case MemoryOp.Print print -> print(print);
      case MemoryOp.Assert check -> check(check);
      case MemoryOp.ReadSpecial read -> scalar(read, List.of());
      case MemoryOp.Barrier barrier -> {}
      case MemoryOp.Assume assume -> {}
    }
  }

  private void scalar(Op op, List<Access> accesses) {
    int index = region.append(new Region.Fixed(new LoopStmt.Scalar(op), accesses));
    op.results().forEach(r -> kernel.scalars().define(r, region, index + 1));
  }

  private Access.Global scalarPlace(Value pointer) {
    DType dtype = pointer.type().pointee();
    Sc base = kernel.forms().of(pointer).orElseThrow().base();
    return new Access.Global(
        kernel.uses().origin(pointer),
        kernel.uses().root(pointer).isPresent(),
        dtype,
        List.of(base),
        Loads.likeness(kernel, base),
        Optional.of(Extent.of(base, kernel.scalars())),
        region);
  }

  private void load(MemoryOp.Load load) {
    if (!load.result().type().isTile()) {
      scalar(load, List.of(Access.read(scalarPlace(load.pointer()))));
      return;
    }
    boolean mayRepeat = !load.hints().isVolatile() && !kernel.uses().isOverwritten(load);
    if (kernel.uses().isUsed(load.result()) && !mayRepeat) {
      compute(load.loc(), load.result());
    }
  }

  /** Computes a tile here and now, in whichever nest; it is kept if another one wants it. */
  private void compute(Location loc, Value tile) {
    kernel
        .place(loc, region, tile.shape(), false, (pull, map) -> pull.pull(tile, map))
        .orElseThrow();
  }

  private void store(MemoryOp.Store store) {
    if (!store.pointer().type().isTile()) {
      scalar(store, List.of(Access.write(scalarPlace(store.pointer()))));
      return;
    }
    placeOrKeep(
        store.loc(),
        store.pointer().shape(),
        false,
        List.of(store.value()),
        Op.operandList(List.of(store.pointer()), store.mask()),
        (pull, map) -> addStore(pull, map, store));
  }

  private static void addStore(Pull pull, IndexMap map, MemoryOp.Store store) {
    LaneStmt.Mask mask = MaskLowering.lower(pull, store.mask(), map);
    Loads.Target target = Loads.target(pull, store.pointer(), map, false);
    Value value = pull.pull(store.value(), map);
    pull.access(Access.write(target.place()));
    boolean direct = target.ref().map(ref -> isOneToOne(ref, pull.dims())).orElse(false);
    if (direct) {
      pull.effect(new LaneStmt.Store(store.loc(), target.ref().get(), value, mask));
    } else {
      Value address = pull.pull(store.pointer(), map);
      pull.effect(new LaneStmt.ScatterStore(store.loc(), address, value, mask));
    }
  }

  /** Whether no two indices are known to have one address. */
  private static boolean isOneToOne(TileRef ref, int[] dims) {
    List<long[]> axes = new ArrayList<>();
    for (int j = 0; j < dims.length; j++) {
      if (dims[j] > 1 && ref.strides().get(j) instanceof TileRef.Fixed fixed) {
        axes.add(new long[] {Math.abs(fixed.elements()), dims[j]});
      }
    }
    axes.sort((a, b) -> Long.compare(a[0], b[0]));
    long reach = 0;
    for (long[] axis : axes) {
      if (axis[0] <= reach) {
        return false;
      }
      reach += axis[0] * (axis[1] - 1);
    }
    return true;
  }

  /**
   * Places a statement that writes; if it would overwrite what it still has to read, the tiles that
   * it uses are kept first, those that are more likely the cause before the others.
   */
  private Group placeOrKeep(
      Location loc,
      Shape shape,
      boolean alone,
      List<Value> first,
      List<Value> then,
      KernelLowering.Body body) {
    Optional<Group> group = kernel.place(loc, region, shape, alone, body);
    if (group.isPresent()) {
      return group.get();
    }
    first.stream().filter(v -> v.type().isTile()).forEach(kernel::materialise);
    group = kernel.place(loc, region, shape, alone, body);
    if (group.isPresent()) {
      return group.get();
    }
    then.stream().filter(v -> v.type().isTile()).forEach(kernel::materialise);
    return kernel.place(loc, region, shape, alone, body).orElseThrow();
  }

  private void atomic(MemoryOp.AtomicRmw op) {
    List<Access> order = new ArrayList<>(ordering(op.semantics()));
    if (!op.pointer().type().isTile()) {
      order.add(Access.write(scalarPlace(op.pointer())));
      scalar(op, order);
      return;
    }
    atomic(
        op,
        op.result(),
        op.pointer(),
        Op.operandList(List.of(op.value()), op.mask()),
        order,
        (pull, map, address) ->
            new LaneStmt.AtomicRmw(
                op.loc(),
                pull.laneResult(op.result(), map),
                op.kind(),
                address,
                pull.pull(op.value(), map),
                MaskLowering.lower(pull, op.mask(), map)));
  }

  private void atomic(MemoryOp.AtomicCas op) {
    List<Access> order = new ArrayList<>(ordering(op.semantics()));
    if (!op.pointer().type().isTile()) {
      order.add(Access.write(scalarPlace(op.pointer())));
      scalar(op, order);
      return;
    }
    atomic(
        op,
        op.result(),
        op.pointer(),
        List.of(op.expected(), op.value()),
        order,
        (pull, map, address) ->
            new LaneStmt.AtomicCas(
                op.loc(),
                pull.laneResult(op.result(), map),
                address,
                pull.pull(op.expected(), map),
                pull.pull(op.value(), map)));
  }

  private interface AtomicStatement {
    LaneStmt make(Pull pull, IndexMap map, Value address);
  }

  private static List<Access> ordering(String semantics) {
    return semantics.equals("relaxed") ? List.of() : List.of(Access.write(new Access.Fence()));
  }

  private void atomic(
      Op op,
      Value result,
      Value pointer,
      List<Value> operands,
      List<Access> order,
      AtomicStatement statement) {
    Group group =
        placeOrKeep(
            op.loc(),
            pointer.shape(),
            true,
            operands,
            List.of(pointer),
            (pull, map) -> {
              Value address = pull.pull(pointer, map);
              pull.access(Access.write(Loads.place(pull, pointer, map)));
              order.forEach(pull::access);
              pull.effect(statement.make(pull, map, address));
            });
    group.close();
    if (kernel.uses().isUsed(result)) {
      kernel.materialise(result);
    }
  }

  private void print(MemoryOp.Print print) {
    List<LoopStmt.PrintOperand> operands = new ArrayList<>();
    List<Access> accesses = new ArrayList<>();
    for (Value operand : print.operands()) {
      if (!operand.type().isTile()) {
        operands.add(
            new LoopStmt.PrintOperand(Optional.of(operand), Optional.empty(), operand.shape()));
        continue;
      }
      TileRef ref = WholeTiles.read(kernel, operand, accesses);
      operands.add(new LoopStmt.PrintOperand(Optional.empty(), Optional.of(ref), operand.shape()));
    }
    region.append(new Region.Fixed(new LoopStmt.Print(print.loc(), print, operands), accesses));
  }

  private void check(MemoryOp.Assert check) {
    if (!check.condition().type().isTile()) {
      scalar(check, List.of());
      return;
    }
    placeOrKeep(
        check.loc(),
        check.condition().shape(),
        false,
        List.of(check.condition()),
        List.of(),
        (pull, map) -> {
          LaneStmt.Mask mask = MaskLowering.lower(pull, check.mask(), map);
          Value condition = pull.pull(check.condition(), map);
          pull.effect(new LaneStmt.Assert(check.loc(), condition, check.message(), mask));
        });
  }
}
