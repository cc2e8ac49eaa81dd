package dev.kiln.compiler.loop;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Value;
import java.util.List;
import java.util.Optional;

/**
 * A statement in the body of a {@link LoopStmt.Nest}, run for every index. Its {@link Value}s have
 * scalar types: lane values of this nest, which have one number for every index, or scalars of the
 * driver code, which are the same for all.
 */
public sealed interface LaneStmt {
  Location loc();

  /**
   * An elementwise operation on lane values and driver scalars. Constants of a nest appear here, so
   * that they need not be passed to it. One whose operands do not change along the innermost axis
   * may be computed once per row; the lowering leaves that to the emitter.
   */
  record Compute(ElementwiseOp op) implements LaneStmt {
    @Override
    public Location loc() {
      return op.loc();
    }
  }

  /** The index along an axis, {@code i32}. */
  record Index(Location loc, Value result, int axis) implements LaneStmt {}

  /**
   * Reads element {@code [index]} of the reference; {@code other} (default 0) where the mask is
   * false, where nothing is read.
   */
  record Load(Location loc, Value result, TileRef source, Mask mask, Optional<Value> other)
      implements LaneStmt {}

  /** Reads at an address of its own for every index (a pointer). */
  record GatherLoad(Location loc, Value result, Value address, Mask mask, Optional<Value> other)
      implements LaneStmt {}

  /**
   * Reads the element {@code offset} elements after {@code [index]} of a reference in scratch
   * memory, which has stride 0 along the axis that the offset chooses.
   *
   * @param offset an {@code i32} or {@code i64} lane value, already within the tile
   */
  record GatherTile(Location loc, Value result, TileRef source, Value offset) implements LaneStmt {}

  /**
   * Writes element {@code [index]} of the reference where the mask is true. A reference with stride
   * 0 along an axis is written with the value at the last index of that axis.
   */
  record Store(Location loc, TileRef target, Value value, Mask mask) implements LaneStmt {}

  /**
   * Writes at an address of its own for every index, in row-major order: of two indices with one
   * address the later stays.
   */
  record ScatterStore(Location loc, Value address, Value value, Mask mask) implements LaneStmt {}

  /** An atomic operation for every index, in row-major order. */
  record AtomicRmw(
      Location loc, Value result, MemoryOp.AtomicKind kind, Value address, Value value, Mask mask)
      implements LaneStmt {}

  record AtomicCas(Location loc, Value result, Value address, Value expected, Value value)
      implements LaneStmt {}

  /** Stops the launch where the mask is true and the condition false. */
  record Assert(Location loc, Value condition, String message, Mask mask) implements LaneStmt {}

  /**
   * Combines the inputs along an axis; the results lie in scratch memory, with strides for the axes
   * of the nest (stride 0 along {@code axis}), and may be read only after the nest.
   *
   * <p>Order, the same for every vector width: along the last axis, 16 logical lanes each combine
   * the elements whose index is theirs modulo 16, in ascending order, then the lanes are combined
   * by halves (lane l with l + 8, then + 4, + 2, + 1); an axis shorter than 16 has that many lanes.
   * Along another axis, ascending order.
   */
  record Reduce(Location loc, List<Value> inputs, int axis, Block combine, List<TileRef> results)
      implements LaneStmt {}

  /**
   * Which indices take part: those within all bounds for which the lane value, if present, is true.
   *
   * @param lane an {@code i1} lane value or driver scalar
   */
  record Mask(List<LoopStmt.Bound> bounds, Optional<Value> lane) {
    public static final Mask ALL = new Mask(List.of(), Optional.empty());

    public Mask {
      bounds = List.copyOf(bounds);
    }

    public boolean isAll() {
      return bounds.isEmpty() && lane.isEmpty();
    }
  }
}
