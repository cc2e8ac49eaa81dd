package dev.kiln.compiler.layout;

import dev.kiln.compiler.ir.Shape;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/** Products of layouts and their inverse. */
public final class LinearLayouts {
  private LinearLayouts() {}

  static Shape ones(int rank) {
    int[] dims = new int[rank];
    Arrays.fill(dims, 1);
    return Shape.of(dims);
  }

  /**
   * Copies of a tile of a layout, laid out as another layout says: extents multiply along each
   * axis; the inner layout has the low bits of each coordinate and of each kind of holder.
   */
  public static LinearLayout product(LinearLayout inner, LinearLayout outer) {
    int rank = inner.shape().rank();
    if (outer.shape().rank() != rank) {
      throw new IllegalArgumentException(inner.shape() + " times " + outer.shape());
    }
    int[] dims = new int[rank];
    for (int axis = 0; axis < rank; axis++) {
      dims[axis] = inner.shape().dim(axis) * outer.shape().dim(axis);
    }
    Shape shape = Shape.of(dims);
    LinearLayout low = inner.mapped(shape, vector -> placed(vector, inner, shape, ones(rank)));
    LinearLayout high = outer.mapped(shape, vector -> placed(vector, outer, shape, inner.shape()));
    return new LinearLayout(
        shape,
        concatenated(low.registers(), high.registers()),
        concatenated(low.lanes(), high.lanes()),
        concatenated(low.warps(), high.warps()),
        concatenated(low.blocks(), high.blocks()));
  }

  /** The index in {@code shape} of an index of a layout whose coordinates are scaled. */
  private static int placed(int index, LinearLayout layout, Shape shape, Shape scale) {
    int moved = 0;
    for (int axis = 0; axis < shape.rank(); axis++) {
      moved |=
          layout.coordinate(axis, index) * scale.dim(axis) << LinearLayout.axisShift(shape, axis);
    }
    return moved;
  }

  private static int[] concatenated(int[] first, int[] second) {
    return IntStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
  }

  /**
   * The layout of copies of {@code tile} that makes up {@code whole}: {@code product(tile,
   * quotient) == whole}; empty if there is none.
   */
  public static Optional<LinearLayout> quotient(LinearLayout whole, LinearLayout tile) {
    int rank = whole.shape().rank();
    if (tile.shape().rank() != rank
        || tile.registers().length > whole.registers().length
        || tile.lanes().length > whole.lanes().length
        || tile.warps().length > whole.warps().length
        || tile.blocks().length > whole.blocks().length) {
      return Optional.empty();
    }
    int[] dims = new int[rank];
    for (int axis = 0; axis < rank; axis++) {
      dims[axis] = whole.shape().dim(axis) / tile.shape().dim(axis);
      if (dims[axis] == 0) {
        return Optional.empty();
      }
    }
    Shape shape = Shape.of(dims);
    LinearLayout rest =
        new LinearLayout(
            whole.shape(),
            after(whole.registers(), tile.registers().length),
            after(whole.lanes(), tile.lanes().length),
            after(whole.warps(), tile.warps().length),
            after(whole.blocks(), tile.blocks().length));
    LinearLayout quotient =
        rest.mapped(
            shape,
            vector -> {
              int index = 0;
              for (int axis = 0; axis < rank; axis++) {
                index |=
                    whole.coordinate(axis, vector) / tile.shape().dim(axis)
                        << LinearLayout.axisShift(shape, axis);
              }
              return index;
            });
    return Optional.of(quotient).filter(found -> product(tile, found).equals(whole));
  }

  private static int[] after(int[] vectors, int first) {
    return Arrays.copyOfRange(vectors, first, vectors.length);
  }
}
