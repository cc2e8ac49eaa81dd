package dev.kiln.ops.tensor;

import dev.kiln.runtime.NdArray;

/** Whether elements in memory can be seen under another shape, and how. */
final class Strides {
  private Strides() {}

  /**
   * The same elements in row-major order under another shape, without a copy.
   *
   * @param shape of as many elements
   * @return null if the strides do not allow it
   */
  static NdArray view(NdArray x, long... shape) {
    if (x.isContiguous()) {
      return x.reshape(shape);
    }
    if (x.size() == 0) {
      return null;
    }
    long[] strides = new long[shape.length];
    int at = shape.length - 1;
    int axis = x.rank() - 1;
    while (axis >= 0) {
      // A run of axes that memory runs through in one, up to and with `axis`.
      long step = x.stride(axis);
      long extent = x.dim(axis);
      while (axis > 0 && isOneWith(x, axis - 1, step * extent)) {
        axis--;
        extent *= x.dim(axis);
      }
      axis--;
      long covered = 1;
      while (at >= 0 && (covered < extent || shape[at] == 1)) {
        strides[at] = step * covered;
        covered *= shape[at];
        at--;
      }
      if (covered != extent) {
        return null;
      }
    }
    return at >= 0 ? null : x.strided(0, shape, strides);
  }

  private static boolean isOneWith(NdArray x, int axis, long step) {
    return x.dim(axis) == 1 || x.stride(axis) == step;
  }

  /** Whether elements share memory, as expanding makes them: what is written to one is in all. */
  static boolean areRepeated(NdArray x) {
    boolean are = false;
    for (int axis = 0; axis < x.rank(); axis++) {
      are |= x.dim(axis) > 1 && x.stride(axis) == 0;
    }
    return are && x.size() > 0;
  }

  /** How many axes are left of two arrays of one shape where those that run on in both are one. */
  static int joint(NdArray a, NdArray b) {
    int axes = 0;
    int last = -1;
    for (int axis = 0; axis < a.rank(); axis++) {
      if (a.dim(axis) != 1) {
        boolean runsOn =
            last >= 0
                && a.stride(last) == a.stride(axis) * a.dim(axis)
                && b.stride(last) == b.stride(axis) * b.dim(axis);
        axes += runsOn ? 0 : 1;
        last = axis;
      }
    }
    return axes;
  }

  /** The axis of the least extent above 1. */
  static int shortest(NdArray x) {
    int shortest = 0;
    for (int axis = 0; axis < x.rank(); axis++) {
      boolean isShorter = x.dim(axis) < x.dim(shortest) || x.dim(shortest) == 1;
      shortest = x.dim(axis) > 1 && isShorter ? axis : shortest;
    }
    return shortest;
  }
}
