package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.layout.SharedLayout;
import dev.kiln.compiler.ptx.Node.SharedAccess;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.SharedSlot;
import java.util.List;

/**
 * A tile that lies in shared memory.
 *
 * @param slot where it lies, or a part of it does
 * @param layout of the elements in the tile
 * @param dtype of the elements, which take {@link DType#bytes} each
 * @param offset bytes from the slot's start to the tile that are known at run time only ({@code
 *     .b32}): the stage of a pipeline; {@code null} for none. A multiple of the slot's alignment
 * @param ordered whether barriers are inserted where threads depend on each other; false where a
 *     pipeline has barriers of its own
 */
public record SharedTile(
    SharedSlot slot, SharedLayout layout, DType dtype, Operand offset, boolean ordered) {
  public SharedTile(SharedSlot slot, SharedLayout layout, DType dtype) {
    this(slot, layout, dtype, null, true);
  }

  public Shape shape() {
    return layout.shape();
  }

  /** How an instruction that reads or writes the tile says so; {@code null} in pipelines. */
  public SharedAccess access(boolean writes) {
    return ordered ? new SharedAccess(slot, writes) : null;
  }

  /** Where an element lies, in bytes from the start of the tile. */
  public int bytes(int index) {
    return layout.offset(index) * dtype.bytes();
  }

  /** The same memory, seen as a tile of another shape: row-major indices stay. */
  SharedTile reshape(Shape shape) {
    var reshaped =
        new SharedLayout(shape, layout.offsets(), layout.paddedEvery(), layout.padding());
    return new SharedTile(slot, reshaped, dtype, offset, ordered);
  }

  /** The same memory, seen as a permuted tile: axis {@code i} is axis {@code order[i]} of this. */
  public SharedTile permute(List<Integer> order) {
    int[] dims = order.stream().mapToInt(shape()::dim).toArray();
    Shape to = Shape.of(dims);
    int[] strides = shape().rowMajorStrides();
    int[] offsets = new int[layout.offsets().length];
    int bit = 0;
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      int from = Integer.numberOfTrailingZeros(strides[order.get(axis)]);
      for (int i = 0; 1 << i < dims[axis]; i++) {
        offsets[bit++] = layout.offsets()[from + i];
      }
    }
    var permuted = new SharedLayout(to, offsets, layout.paddedEvery(), layout.padding());
    return new SharedTile(slot, permuted, dtype, offset, ordered);
  }

  /**
   * How many neighbours along an axis lie beside each other in memory, at places that are multiples
   * of as many.
   */
  public int contiguous(int axis) {
    int shift = Integer.numberOfTrailingZeros(shape().rowMajorStrides()[axis]);
    int width = 1;
    int bit = 0;
    while (width < shape().dim(axis) && isAlone(shift + bit, width)) {
      width *= 2;
      bit++;
    }
    return width;
  }

  /** Whether a bit of the index has that offset, and no other bit's offset contains it. */
  private boolean isAlone(int bit, int offset) {
    for (int other = 0; other < layout.offsets().length; other++) {
      int vector = layout.offsets()[other];
      if (other == bit ? vector != offset : (vector & offset) != 0) {
        return false;
      }
    }
    return layout.paddedEvery() == 0;
  }

  /** The vectors of a layout's threads: those of lanes, then those of warps. */
  static int[] threads(LinearLayout layout) {
    int[] bases = new int[layout.lanes().length + layout.warps().length];
    System.arraycopy(layout.lanes(), 0, bases, 0, layout.lanes().length);
    System.arraycopy(layout.warps(), 0, bases, layout.lanes().length, layout.warps().length);
    return bases;
  }
}
