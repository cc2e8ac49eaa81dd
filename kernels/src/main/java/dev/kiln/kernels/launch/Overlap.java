package dev.kiln.kernels.launch;

import dev.kiln.runtime.NdArray;

/** Whether two arrays may have memory in common. Allocates nothing. */
final class Overlap {
  private Overlap() {}

  /**
   * False if no byte can belong to both: because the one ends before the other begins, or because
   * they lie interleaved, as the left and the right half of a matrix do. An array that fills its
   * rows only in part, in a pattern that differs from the other's, counts as if it filled them.
   */
  static boolean mayExist(NdArray a, NdArray b) {
    if (a.size() == 0 || b.size() == 0) {
      return false;
    }
    long distance = lowest(b) - lowest(a);
    if (distance >= bytes(a, 0) || -distance >= bytes(b, 0)) {
      return false;
    }
    return !areInterleaved(a, b, distance, a) && !areInterleaved(a, b, distance, b);
  }

  /**
   * Whether, for a stride as period, both arrays keep to parts of it that have nothing in common.
   */
  private static boolean areInterleaved(NdArray a, NdArray b, long distance, NdArray periods) {
    for (int axis = 0; axis < periods.rank(); axis++) {
      long period = stride(periods, axis);
      if (period != 0 && periods.dim(axis) > 1) {
        long phase = Math.floorMod(distance, period);
        if (phase >= bytes(a, period) && phase + bytes(b, period) <= period) {
          return true;
        }
      }
    }
    return false;
  }

  /** From the first byte to behind the last, without the axes that are multiples of a period. */
  private static long bytes(NdArray array, long period) {
    long bytes = array.dtype().bytes();
    for (int axis = 0; axis < array.rank(); axis++) {
      long stride = stride(array, axis);
      if (period == 0 || stride % period != 0) {
        bytes += (array.dim(axis) - 1) * stride;
      }
    }
    return bytes;
  }

  private static long lowest(NdArray array) {
    long address = array.address();
    for (int axis = 0; axis < array.rank(); axis++) {
      address += (array.dim(axis) - 1) * Math.min(0, array.stride(axis)) * array.dtype().bytes();
    }
    return address;
  }

  private static long stride(NdArray array, int axis) {
    return Math.abs(array.stride(axis)) * array.dtype().bytes();
  }
}
