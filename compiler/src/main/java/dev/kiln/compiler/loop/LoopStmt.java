package dev.kiln.compiler.loop;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Value;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A statement of the driver code. All {@link Value}s that it names are scalars or pointers (driver
 * scalars); tiles exist only as {@link TileRef}s and inside nests. A value is defined once and used
 * in its block or in blocks nested there.
 */
public sealed interface LoopStmt {
  Location loc();

  /**
   * A scalar operation of tile IR: elementwise, scalar load, store, atomic, assert, assume,
   * read_special.
   */
  record Scalar(Op op) implements LoopStmt {
    @Override
    public Location loc() {
      return op.loc();
    }
  }

  /**
   * Reads one element in scratch memory (indices all 0) into a driver scalar, for instance the
   * result of a full reduction.
   */
  record ReadElement(Location loc, Value result, TileRef source) implements LoopStmt {}

  /** Writes a driver scalar to one element in scratch memory (indices all 0). */
  record WriteElement(Location loc, TileRef target, Value value) implements LoopStmt {}

  /** {@code for (iv = lower; iv < upper; iv += step)}, carrying scalars. */
  record For(
      Location loc,
      Value induction,
      boolean unsigned,
      Value lower,
      Value upper,
      Value step,
      List<Value> inits,
      List<Value> carried,
      List<LoopStmt> body,
      List<Value> yields,
      List<Value> results)
      implements LoopStmt {}

  /** As {@link dev.kiln.compiler.ir.ControlOp.While}, carrying scalars. */
  record While(
      Location loc,
      List<Value> inits,
      List<Value> carried,
      List<LoopStmt> before,
      Value condition,
      List<Value> forwarded,
      List<Value> bodyParams,
      List<LoopStmt> body,
      List<Value> yields,
      List<Value> results)
      implements LoopStmt {}

  record If(
      Location loc,
      Value condition,
      List<LoopStmt> thenBody,
      List<Value> thenYields,
      List<LoopStmt> elseBody,
      List<Value> elseYields,
      List<Value> results)
      implements LoopStmt {}

  /**
   * A fused loop nest over the index space {@code shape}, innermost axis last. For every index the
   * body's statements run in their order. Between indices there is no order that the result may
   * depend on, except that {@link LaneStmt.Reduce} combines in the documented order and atomics,
   * prints and colliding stores run in row-major order.
   */
  record Nest(Location loc, Shape shape, List<LaneStmt> body) implements LoopStmt {}

  /**
   * {@code acc[b,i,j] += sum over k of a[b,i,k] * b[b,k,j]}, in place; rank 2 or 3 index spaces
   * (batch first). The dtype of {@code acc} is fp32, fp64 or i32; {@code a} and {@code b} may
   * differ in dtype and are widened exactly to it ({@code i8} by their sign flags).
   *
   * <p>{@code acc} lies in scratch memory, row-major, and the factors do not overlap it.
   *
   * @param repeats over how many blocks of {@code k} the sum goes, an {@code i64} driver scalar:
   *     the factors go on along {@code k} beyond the block, with the same strides and bounds. None
   *     if it is not positive; one if absent
   * @param accumulates false if {@code acc} counts as zero before, whatever it holds
   */
  record Dot(
      Location loc,
      int batch,
      int m,
      int n,
      int k,
      Optional<Value> repeats,
      Factor a,
      Factor b,
      TileRef acc,
      boolean accumulates)
      implements LoopStmt {}

  /**
   * A factor of a product, in scratch or global memory with strides of any kind. An element outside
   * the bounds counts as 0 and is not read.
   *
   * @param bounds active index ranges by the reference's own axes
   * @param signed how {@code i8} is widened
   * @param steady a driver condition under which this memory stays as it is for a whole launch, so
   *     that programs may share copies of it; absent if it may change
   */
  record Factor(TileRef ref, List<Bound> bounds, boolean signed, Optional<Value> steady) {
    public Factor {
      bounds = List.copyOf(bounds);
    }

    /** A factor that may change, all of which is active. */
    public static Factor of(TileRef ref) {
      return new Factor(ref, List.of(), true, Optional.empty());
    }

    Factor mapped(UnaryOperator<TileRef> change) {
      return new Factor(change.apply(ref), bounds, signed, steady);
    }
  }

  /**
   * Running combination along an axis of tiles in scratch memory; see {@link
   * dev.kiln.compiler.ir.ComputeOp.Scan}. Sources and targets may coincide.
   */
  record Scan(
      Location loc,
      Shape shape,
      int axis,
      boolean reverse,
      Block combine,
      List<TileRef> sources,
      List<TileRef> targets)
      implements LoopStmt {}

  /**
   * See {@link dev.kiln.compiler.ir.ComputeOp.MapElementwise}: the body runs for groups of {@code
   * pack} elements in row-major order.
   */
  record MapElementwise(
      Location loc, Shape shape, int pack, Block body, List<TileRef> sources, List<TileRef> targets)
      implements LoopStmt {}

  /**
   * See {@link dev.kiln.compiler.ir.ComputeOp.Histogram}; {@code target} ({@code i32}, {@code bins}
   * elements) is cleared first.
   */
  record Histogram(
      Location loc, int size, int bins, TileRef source, Optional<TileRef> mask, TileRef target)
      implements LoopStmt {}

  /** Prints scalars (by value) and tiles (in scratch memory): an operand is one or the other. */
  record Print(Location loc, MemoryOp.Print op, List<PrintOperand> operands) implements LoopStmt {}

  /** Either a driver scalar or a tile in scratch memory with its shape. */
  record PrintOperand(Optional<Value> scalar, Optional<TileRef> tile, Shape shape) {}

  /**
   * An index range {@code lower <= i < upper} along an axis; an absent side is the edge of the
   * index space. Both are {@code i32} or {@code i64} driver scalars, and may lie outside the space.
   */
  record Bound(int axis, Optional<Value> lower, Optional<Value> upper) {}
}
