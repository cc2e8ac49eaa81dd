package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Lowers matrix products. Operands that are loads are read where they lie in global memory; the
 * accumulator is updated in place.
 */
final class DotLowering {
  private final KernelLowering kernel;
  private final Region region;
  private final CarriedTiles carried;

  DotLowering(KernelLowering kernel, Region region, CarriedTiles carried) {
    this.kernel = kernel;
    this.region = region;
    this.carried = carried;
  }

  /** An operand where it lies, and the index ranges outside of which it counts as 0. */
  private record Operand(
      TileRef ref, List<LoopStmt.Bound> bounds, Access access, Optional<Value> steady) {
    LoopStmt.Factor factor(boolean signed) {
      return new LoopStmt.Factor(ref, bounds, signed, steady);
    }
  }

  void lower(ComputeOp.Dot dot) {
    Operand a = operand(dot.a());
    Operand b = operand(dot.b());
    boolean widened = dot.acc().dtype() != wide(dot.acc().dtype());
    boolean accumulates = !Loads.isZero(kernel.uses(), dot.acc());
    int buffer = buffer(dot, a, b, widened, accumulates);
    Shape shape = dot.result().shape();
    Shape left = dot.a().shape();
    int rank = shape.rank();
    TileRef acc = TileRef.scratch(wide(dot.result().dtype()), Scratch.address(buffer), shape);
    int index =
        region.append(
            new Region.Fixed(
                new LoopStmt.Dot(
                    dot.loc(),
                    rank == 3 ? shape.dim(0) : 1,
                    shape.dim(rank - 2),
                    shape.dim(rank - 1),
                    left.dim(rank - 1),
                    Optional.empty(),
                    a.factor(dot.signedA()),
                    b.factor(dot.signedB()),
                    acc,
                    accumulates),
                List.of(
                    a.access(),
                    b.access(),
                    Access.read(new Access.Buffer(buffer, acc, false)),
                    Access.write(new Access.Buffer(buffer, acc, false)))));
    if (widened) {
      int narrow = kernel.scratch().allocate(dot.result().dtype(), dot.result().shape(), dot.loc());
      ComputeLowering.convert(
          kernel, region, dot, dot.result(), buffer, wide(dot.result().dtype()), narrow);
    } else {
      kernel.locate(dot.result(), buffer, region, index + 1);
    }
  }

  private int buffer(
      ComputeOp.Dot dot, Operand a, Operand b, boolean widened, boolean accumulates) {
    if (accumulates) {
      return widened ? widenedAccumulator(dot) : accumulator(dot, a, b);
    }
    Optional<CarriedTiles.Slot> slot = widened ? Optional.empty() : preferred(dot, a, b);
    DType wide = wide(dot.acc().dtype());
    return slot.map(CarriedTiles.Slot::buffer)
        .orElseGet(() -> kernel.scratch().allocate(wide, dot.acc().shape(), dot.loc()));
  }

  /** The slot in which the result will be wanted, unless an operand lies there. */
  private Optional<CarriedTiles.Slot> preferred(ComputeOp.Dot dot, Operand a, Operand b) {
    return carried
        .preferred(dot.result(), dot)
        .filter(s -> !isIn(a, s.buffer()) && !isIn(b, s.buffer()));
  }

  /** The type in which products are summed. */
  private static DType wide(DType dtype) {
    return dtype.isFloat() && dtype.bits() < 32 ? DType.FP32 : dtype;
  }

  /** The buffer that holds the accumulator's start and will hold the result. */
  private int accumulator(ComputeOp.Dot dot, Operand a, Operand b) {
    Value acc = dot.acc();
    Optional<KernelLowering.Located> at = kernel.located(acc);
    boolean dies = kernel.options().inPlace() && !kernel.uses().isLiveAfter(acc, dot);
    if (at.isPresent() && dies && carried.isOwner(acc)) {
      int own = at.get().buffer();
      if (!isIn(a, own) && !isIn(b, own)) {
        return own;
      }
    }
    Optional<CarriedTiles.Slot> slot = preferred(dot, a, b);
    if (slot.isPresent()
        && kernel.overwrite(dot.loc(), region, acc, slot.get().buffer(), false).isPresent()) {
      return slot.get().buffer();
    }
    int buffer = kernel.scratch().allocate(acc.dtype(), acc.shape(), dot.loc());
    kernel.overwrite(dot.loc(), region, acc, buffer, true).orElseThrow();
    return buffer;
  }

  private static boolean isIn(Operand operand, int buffer) {
    return operand.access().place() instanceof Access.Buffer place && place.id() == buffer;
  }

  private int widenedAccumulator(ComputeOp.Dot dot) {
    Value acc = dot.acc();
    DType wide = wide(acc.dtype());
    int buffer = kernel.scratch().allocate(wide, acc.shape(), dot.loc());
    kernel
        .place(
            dot.loc(),
            region,
            acc.shape(),
            false,
            (pull, map) -> {
              TileRef write = Refs.scratch(wide, buffer, acc.shape(), map);
              Value lane = pull.cast(CastKind.FPEXT, pull.pull(acc, map), wide);
              pull.access(Access.write(new Access.Buffer(buffer, write, true)));
              pull.effect(new LaneStmt.Store(dot.loc(), write, lane, LaneStmt.Mask.ALL));
            })
        .orElseThrow();
    return buffer;
  }

  private Operand operand(Value tile) {
    if (!kernel.options().directOperands()) {
      kernel.materialise(tile);
    }
    Shape shape = tile.shape();
    int[] dims = shape.toArray();
    IndexMap map = IndexMap.identity(shape.rank());
    Value at = tile;
    while (kernel.located(at).isEmpty()) {
      Op op = kernel.uses().definition(at).orElseThrow();
      Optional<ShapeMaps.Step> step =
          isExactWidening(op)
              ? Optional.of(new ShapeMaps.Step(op.operands().getFirst(), map))
              : ShapeMaps.isView(op) && op.operands().getFirst().type().isTile()
                  ? ShapeMaps.through(op, at, map, dims)
                  : Optional.empty();
      if (step.isEmpty()) {
        return source(op, at, map, dims);
      }
      at = step.get().operand();
      map = step.get().map();
    }
    return inScratch(at, at.dtype(), kernel.located(at).get().buffer(), map);
  }

  private static Operand inScratch(Value tile, DType dtype, int buffer, IndexMap map) {
    TileRef ref = Refs.scratch(dtype, buffer, tile.shape(), map);
    Access access = Access.read(new Access.Buffer(buffer, ref, false));
    return new Operand(ref, List.of(), access, Optional.empty());
  }

  /** The product widens its operands anyway. */
  private static boolean isExactWidening(Op op) {
    return op instanceof ElementwiseOp.Cast cast
        && cast.kind() == CastKind.FPEXT
        && cast.result().dtype() == DType.FP32;
  }

  /** A tile that is not in scratch memory: where it is in global memory, or else a copy. */
  private Operand source(Op op, Value tile, IndexMap map, int[] dims) {
    boolean isNarrow = tile.dtype().isFloat() && tile.dtype().bits() < 32;
    if (op instanceof MemoryOp.Load load && !(isNarrow && isInvariant(load))) {
      Optional<Operand> global = fromGlobal(load, map, dims);
      if (global.isPresent()) {
        return global.get();
      }
    }
    if (isNarrow && isOnlyMultiplied(tile)) {
      return inScratch(tile, DType.FP32, kernel.widened(tile).buffer(), map);
    }
    kernel.materialise(tile);
    return inScratch(tile, tile.dtype(), kernel.located(tile).orElseThrow().buffer(), map);
  }

  /** Whether the same elements are read in every iteration of a loop around the product. */
  private boolean isInvariant(MemoryOp.Load load) {
    Region home = kernel.region(load.result());
    for (Region at = region; at != home; at = at.parent().orElseThrow()) {
      if (at.isLoopBody()) {
        return true;
      }
    }
    return false;
  }

  /** Whether nothing but products reads the tile, so that it may as well be kept in fp32. */
  private boolean isOnlyMultiplied(Value tile) {
    return kernel.uses().users(tile).stream()
        .allMatch(
            user ->
                user instanceof ComputeOp.Dot
                    || (ShapeMaps.isView(user)
                        && user.results().stream().allMatch(this::isOnlyMultiplied)));
  }

  private Optional<Operand> fromGlobal(MemoryOp.Load load, IndexMap map, int[] dims) {
    if (load.hints().isVolatile() || kernel.uses().isOverwritten(load)) {
      return Optional.empty();
    }
    // A nest that is never placed: it tells whether the reference needs anything but scalars.
    var nest = new Group(load.loc(), region, dims, false);
    var pull = new Pull(kernel, nest, region.size());
    Map<Integer, List<Value>> alongAxes = new HashMap<>();
    LaneStmt.Mask mask = MaskLowering.lower(pull, load.mask(), map, alongAxes);
    boolean isMasked = !mask.isAll() || !alongAxes.isEmpty();
    if (mask.lane().isPresent()
        || (isMasked && !Loads.isZero(pull, load.other()))
        || alongAxes.keySet().stream().anyMatch(axis -> isContiguous(load, map, axis))) {
      return Optional.empty();
    }
    Loads.Target target = Loads.target(pull, load.pointer(), map, true, alongAxes);
    if (!pull.neededVectors().isEmpty()) {
      pull.neededVectors().forEach(kernel::materialise);
      return fromGlobal(load, map, dims);
    }
    if (target.ref().isEmpty() || !pull.isComplete()) {
      return Optional.empty();
    }
    Access access = Access.read(target.place());
    return Optional.of(new Operand(target.ref().get(), mask.bounds(), access, steady(load)));
  }

  /** Whether neighbours along an axis lie side by side, which a vector of offsets would hide. */
  private boolean isContiguous(MemoryOp.Load load, IndexMap map, int axis) {
    return kernel
        .forms()
        .of(load.pointer())
        .flatMap(f -> kernel.forms().under(f, map))
        .map(f -> !f.hasOpaque(axis) && f.strides().get(axis).is(1))
        .orElse(true);
  }

  /**
   * The condition under which no program of a launch writes what the load reads: that the pointers
   * that the kernel writes by are others than the one that it reads by. (A kernel may work in
   * place, given one buffer for two parameters; other overlaps are excluded.) Empty if that is not
   * known of some pointer.
   */
  private Optional<Value> steady(MemoryOp.Load load) {
    Optional<Value> root = kernel.uses().root(load.pointer());
    Optional<Set<Value>> written = kernel.uses().writtenParameters();
    if (root.isEmpty() || written.isEmpty() || written.get().contains(root.get())) {
      return Optional.empty();
    }
    ScalarCode scalars = kernel.scalars();
    Value steady = scalars.constant(Type.scalar(DType.I1), 1);
    for (Value pointer : written.get()) {
      Value differs =
          scalars.compare(CompareKind.NE, scalars.address(root.get()), scalars.address(pointer));
      steady = scalars.constant(steady).isPresent() ? differs : scalars.and(steady, differs);
    }
    return Optional.of(steady);
  }
}
