package dev.kiln.ops.tensor;

import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.stream.IntStream;

/** The axes of a shape that a reduction makes one number of. Keeps no tensor. */
record ReducedAxes(long[] shape, int[] axes) {
  /**
   * @param axes negative ones count from the last; none for all
   * @throws KilnException if an axis is out of range or named twice
   */
  static ReducedAxes of(String operation, Tensor x, int... axes) {
    int rank = x.rank();
    int[] over = axes.length == 0 ? new int[rank] : axes.clone();
    long seen = 0;
    for (int i = 0; i < over.length; i++) {
      over[i] = axes.length == 0 ? i : Axes.index(operation, axes[i], rank);
      if ((seen >> over[i] & 1) != 0) {
        throw new KilnException(
            "%s: the axes %s of %s name one twice".formatted(operation, Arrays.toString(axes), x));
      }
      seen |= 1L << over[i];
    }
    return new ReducedAxes(x.shape(), over);
  }

  private boolean isReduced(int axis) {
    for (int reduced : axes) {
      if (reduced == axis) {
        return true;
      }
    }
    return false;
  }

  /** How many numbers become one. */
  long count() {
    long count = 1;
    for (int axis : axes) {
      count *= shape[axis];
    }
    return count;
  }

  /** The shape of the result. */
  long[] result(boolean keepDims) {
    long[] result = new long[keepDims ? shape.length : shape.length - axes.length];
    int next = 0;
    for (int axis = 0; axis < shape.length; axis++) {
      if (!isReduced(axis)) {
        result[next++] = shape[axis];
      } else if (keepDims) {
        result[next++] = 1;
      }
    }
    return result;
  }

  /** A result, with or without kept axes, repeated to the shape of what was reduced: a view. */
  Tensor repeated(Tensor y) {
    return y.reshape(result(true)).expand(shape);
  }

  /** The reduced axes as one, behind the others; a copy where needed. */
  Tensor toRows(Tensor x) {
    return x.permute(order()).reshape(count() == 0 ? 0 : x.size() / count(), count()).contiguous();
  }

  /** The way back of {@link #toRows}. */
  Tensor fromRows(Tensor rows) {
    int[] order = order();
    long[] permuted = Arrays.stream(order).mapToLong(axis -> shape[axis]).toArray();
    int[] back = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      back[order[i]] = i;
    }
    return rows.reshape(permuted).permute(back);
  }

  private int[] order() {
    IntStream kept = IntStream.range(0, shape.length).filter(axis -> !isReduced(axis));
    return IntStream.concat(kept, Arrays.stream(axes)).toArray();
  }

  @Override
  public String toString() {
    return Arrays.toString(axes);
  }
}
