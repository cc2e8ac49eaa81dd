package dev.kiln.compiler.layout;

import dev.kiln.compiler.ir.Shape;

/** Layouts of boxes of elements: what loads, stores and arithmetic by elements work on. */
public final class BlockedLayout {
  private BlockedLayout() {}

  /**
   * Each thread holds a box, each warp a box of threads, the block a box of warps; the tile is
   * covered by copies of the block's box, held in further registers. Where the tile is smaller,
   * elements are repeated. All numbers are powers of two.
   *
   * @param order axes, the fastest first
   */
  public static LinearLayout of(
      Shape shape, int[] sizePerThread, int[] threadsPerWarp, int[] warpsPerBlock, int[] order) {
    var builder = new LayoutBuilder(shape);
    for (int axis : order) {
      builder.registers(axis, Math.min(builder.left(axis), LinearMap.log2(sizePerThread[axis])));
    }
    for (int axis : order) {
      builder.lanes(axis, LinearMap.log2(threadsPerWarp[axis]));
    }
    for (int axis : order) {
      builder.warps(axis, LinearMap.log2(warpsPerBlock[axis]));
    }
    return builder.build(order);
  }

  /**
   * Each thread holds {@code width} neighbours along the first axis of the order; lanes, then
   * warps, go on along that axis as far as it goes, then along the next.
   *
   * @param order axes, the fastest first
   * @param width a power of two
   * @param warps how many, a power of two
   */
  public static LinearLayout coalesced(Shape shape, int[] order, int width, int warps) {
    return coalesced(shape, order, order, width, warps);
  }

  /**
   * The same with warps along the last axis of the order first, so that each has as much of a row
   * as it can: for reductions along the first.
   */
  public static LinearLayout coalescedRows(Shape shape, int[] order, int width, int warps) {
    int[] reversed = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      reversed[i] = order[order.length - 1 - i];
    }
    return coalesced(shape, order, reversed, width, warps);
  }

  private static LinearLayout coalesced(
      Shape shape, int[] order, int[] orderOfWarps, int width, int warps) {
    var builder = new LayoutBuilder(shape);
    builder.registers(order[0], Math.min(builder.left(order[0]), LinearMap.log2(width)));
    for (int axis : order) {
      builder.lanes(axis, Math.min(builder.left(axis), builder.lanesLeft()));
    }
    int rest = LinearMap.log2(warps);
    for (int axis : orderOfWarps) {
      int bits = Math.min(builder.left(axis), rest);
      builder.warps(axis, bits);
      rest -= bits;
    }
    // Nothing is left of any axis: these warps repeat.
    builder.warps(order[0], rest);
    return builder.build(order);
  }

  /** Row-major order: {@link #coalesced} with the last axis fastest. */
  public static LinearLayout rowMajor(Shape shape, int width, int warps) {
    return coalesced(shape, rowMajorOrder(shape.rank()), width, warps);
  }

  /** The last axis first. */
  public static int[] rowMajorOrder(int rank) {
    int[] order = new int[rank];
    for (int i = 0; i < rank; i++) {
      order[i] = rank - 1 - i;
    }
    return order;
  }
}
