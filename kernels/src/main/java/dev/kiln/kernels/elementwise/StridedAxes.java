package dev.kiln.kernels.elementwise;

import dev.kiln.kernels.launch.Check;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;

/**
 * The axes that a pointwise kernel runs over: those of {@code y} in the order of its memory,
 * without axes of extent 1, merged where all arrays run through two of them in one. An operand is
 * broadcast: its axes are aligned at the right, and an extent of 1 repeats. Keeps its arrays; not
 * thread-safe.
 */
final class StridedAxes {
  /** Axes of a kernel; the last is worked on in vectors. */
  static final int AXES = 5;

  private static final int MOST_OPERANDS = 3;
  private static final int MOST_RANK = 16;

  private final String operation;
  private final long[] extents = new long[MOST_RANK];

  /** Of {@code y} and the operands, by number; then by axis. */
  private final long[][] strides = new long[1 + MOST_OPERANDS][MOST_RANK];

  private int arrays;
  private int axes;

  StridedAxes(String operation) {
    this.operation = operation;
  }

  /** Begins with the array that is written. */
  void start(NdArray y) {
    if (y.rank() > MOST_RANK) {
      throw Check.fault(operation, "y", "must have at most " + MOST_RANK + " axes, but is " + y);
    }
    axes = y.rank();
    arrays = 1;
    for (int axis = 0; axis < axes; axis++) {
      extents[axis] = y.dim(axis);
      strides[0][axis] = y.stride(axis);
    }
  }

  /** The next operand; null for none, which has the stride 0. */
  void operand(String argument, NdArray array) {
    long[] steps = strides[arrays++];
    Arrays.fill(steps, 0);
    if (array == null) {
      return;
    }
    int missing = axes - array.rank();
    boolean fits = missing >= 0;
    for (int axis = 0; fits && axis < array.rank(); axis++) {
      long extent = array.dim(axis);
      fits = extent == 1 || extent == extents[missing + axis];
      steps[missing + axis] = extent == 1 ? 0 : array.stride(axis);
    }
    if (!fits) {
      throw Check.fault(operation, argument, "must broadcast to the shape of 'y', but is " + array);
    }
  }

  /** Orders and merges. */
  void finish() {
    dropSingles();
    order();
    merge();
    if (axes > AXES) {
      throw Check.fault(
          operation, "y", "has " + axes + " axes that cannot be merged; at most " + AXES + " may");
    }
    int added = AXES - axes;
    for (int axis = AXES - 1; axis >= 0; axis--) {
      copy(axis - added, axis, axis >= added);
    }
    if (rows() > Integer.MAX_VALUE || extents[AXES - 1] > Integer.MAX_VALUE) {
      throw Check.fault(operation, "y", "must have at most 2147483647 elements along an axis");
    }
  }

  /** Extent of axis 0 to 4, after {@link #finish}. */
  long extent(int axis) {
    return extents[axis];
  }

  long stride(int array, int axis) {
    return strides[array][axis];
  }

  /** How many axes before the last one are not of extent 1 for certain. */
  int outer() {
    return Math.max(0, axes - 1);
  }

  long rows() {
    return extents[0] * extents[1] * extents[2] * extents[3];
  }

  /** Whether neighbours along the last axis lie apart in one of the arrays. */
  boolean hasStep() {
    boolean steps = false;
    for (int array = 0; array < arrays; array++) {
      steps |= Math.abs(strides[array][AXES - 1]) > 1;
    }
    return steps;
  }

  private void dropSingles() {
    int kept = 0;
    for (int axis = 0; axis < axes; axis++) {
      if (extents[axis] != 1) {
        copy(axis, kept++, true);
      }
    }
    axes = kept;
  }

  /** By insertion: there are few, and mostly they are in order. */
  private void order() {
    for (int axis = 1; axis < axes; axis++) {
      for (int at = axis; at > 0 && step(at - 1) < step(at); at--) {
        swap(at - 1, at);
      }
    }
  }

  private long step(int axis) {
    return Math.abs(strides[0][axis]);
  }

  private void merge() {
    int last = 0;
    for (int axis = 1; axis < axes; axis++) {
      if (isOneWith(last, axis)) {
        extents[last] *= extents[axis];
        for (int array = 0; array < arrays; array++) {
          strides[array][last] = strides[array][axis];
        }
      } else {
        copy(axis, ++last, true);
      }
    }
    axes = Math.min(axes, last + 1);
  }

  private boolean isOneWith(int left, int right) {
    for (int array = 0; array < arrays; array++) {
      if (strides[array][left] != strides[array][right] * extents[right]) {
        return false;
      }
    }
    return true;
  }

  /**
   * Moves an axis, or makes one of extent 1. No operand is broadcast along the last axis of a
   * single number, which may be written in place: then operands lie in tiles of one shape.
   */
  private void copy(int from, int to, boolean exists) {
    extents[to] = exists ? extents[from] : 1;
    for (int array = 0; array < arrays; array++) {
      strides[array][to] = exists ? strides[array][from] : to == AXES - 1 ? 1 : 0;
    }
  }

  private void swap(int left, int right) {
    long extent = extents[left];
    extents[left] = extents[right];
    extents[right] = extent;
    for (int array = 0; array < arrays; array++) {
      long stride = strides[array][left];
      strides[array][left] = strides[array][right];
      strides[array][right] = stride;
    }
  }
}
