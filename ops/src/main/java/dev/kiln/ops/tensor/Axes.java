package dev.kiln.ops.tensor;

import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;

/** Rules of shapes and axes, and what is said when one is broken. */
public final class Axes {
  private Axes() {}

  /**
   * An axis from 0 on.
   *
   * @param axis negative ones count from the last
   * @throws KilnException if there is no such axis
   */
  public static int index(String operation, int axis, int rank) {
    int index = axis < 0 ? axis + rank : axis;
    if (index < 0 || index >= rank) {
      throw new KilnException(
          "%s: axis %d is out of range for %d axes".formatted(operation, axis, rank));
    }
    return index;
  }

  /**
   * Number of elements of a tensor that is made of an array of the host.
   *
   * @throws KilnException if an extent is negative, or there are more than such an array holds
   */
  static int count(String operation, long... shape) {
    long count = 1;
    for (long extent : shape) {
      boolean fits = extent >= 0 && (extent == 0 || count <= Integer.MAX_VALUE / extent);
      if (!fits) {
        throw new KilnException(
            "%s: a shape must not be negative, nor have more than %d elements, but is %s"
                .formatted(operation, Integer.MAX_VALUE, Arrays.toString(shape)));
      }
      count *= extent;
    }
    return (int) count;
  }

  static boolean isSame(NdArray a, NdArray b) {
    boolean same = a.rank() == b.rank();
    for (int i = 0; same && i < a.rank(); i++) {
      same = a.dim(i) == b.dim(i);
    }
    return same;
  }

  /** Fails unless one tensor has the shape of another. */
  public static void requireShape(String operation, Tensor tensor, Tensor like) {
    if (!isSame(tensor.array(), like.array())) {
      throw new KilnException(
          "%s: %s must have the shape of %s".formatted(operation, tensor, like));
    }
  }

  /**
   * The shape of an elementwise result: aligned at the right, an extent of 1 repeats.
   *
   * @throws KilnException if the shapes do not fit
   */
  public static long[] broadcast(String operation, Tensor a, Tensor b) {
    return broadcast(operation, a.shape(), b.shape());
  }

  static long[] broadcast(String operation, long[] a, long[] b) {
    long[] shape = new long[Math.max(a.length, b.length)];
    for (int i = 1; i <= shape.length; i++) {
      long left = i > a.length ? 1 : a[a.length - i];
      long right = i > b.length ? 1 : b[b.length - i];
      if (left != right && left != 1 && right != 1) {
        throw new KilnException(
            "%s: shapes %s and %s cannot be broadcast: axis %d from the right is %d and %d"
                .formatted(operation, Arrays.toString(a), Arrays.toString(b), i, left, right));
      }
      shape[shape.length - i] = left == 1 ? right : left;
    }
    return shape;
  }

  /** Whether broadcasting makes a shape into another. */
  static boolean canRepeat(long[] shape, long[] repeated) {
    int missing = repeated.length - shape.length;
    boolean fits = missing >= 0;
    for (int i = 0; fits && i < shape.length; i++) {
      fits = shape[i] == 1 || shape[i] == repeated[missing + i];
    }
    return fits;
  }
}
