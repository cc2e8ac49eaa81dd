package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Value;
import java.util.Arrays;
import java.util.List;

/**
 * Where the elements of a tile lie: element {@code [i0, i1, ..]} is at {@code base + (stride0 i0 +
 * stride1 i1 + ..) * dtype.bytes()}.
 *
 * @param dtype what one element in memory is ({@code i1} takes a byte, 0 or 1; a pointer counts as
 *     {@code i64})
 * @param strides one for each axis of the index space in which the reference is used, in elements;
 *     0 repeats
 */
public record TileRef(DType dtype, Base base, List<Stride> strides) {
  public TileRef {
    strides = List.copyOf(strides);
  }

  /** Where the element at index 0 lies. */
  public sealed interface Base {}

  /** A byte offset into the program's scratch memory. */
  public record Scratch(long offset) implements Base {}

  /** An address in global memory: a scalar pointer (or {@code i64}) of the driver code. */
  public record Global(Value pointer) implements Base {}

  /** Elements between neighbours along an axis. */
  public sealed interface Stride {}

  public record Fixed(long elements) implements Stride {}

  /**
   * Known at run time only: an {@code i32} or {@code i64} scalar of the driver code, sign-extended.
   */
  public record Dynamic(Value elements) implements Stride {}

  /**
   * Neighbours at no fixed distance: index {@code i} along this axis adds the {@code i}-th entry of
   * a vector of {@code i64} <em>byte</em> offsets in scratch memory (a whole address per entry,
   * where the base is a null pointer). Rows of an embedding table, of a paged cache, or that wrap
   * around ({@code offsets % M}). Avoided along the innermost axis of a nest, where it means a
   * gather; along either axis of a {@link LoopStmt.Dot} operand it is ordinary. A range that may
   * wrap around mostly does not: its entries are then evenly spaced, which is worth a look.
   *
   * @param offset byte offset of the vector into the program's scratch memory, 64-byte aligned
   */
  public record Indexed(long offset) implements Stride {
    /** The entry of an index that is not active, which a product takes for 0. */
    public static final long NOWHERE = Long.MIN_VALUE;
  }

  /** A row-major tile in scratch memory. */
  public static TileRef scratch(DType dtype, long offset, Shape shape) {
    return new TileRef(
        dtype,
        new Scratch(offset),
        Arrays.stream(shape.rowMajorStrides()).<Stride>mapToObj(s -> new Fixed(s)).toList());
  }
}
