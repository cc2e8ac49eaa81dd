package dev.kiln.kernels.classical;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.Check;
import dev.kiln.runtime.NdArray;

/** What launchers ask of matrices that hold a point in each row. */
final class PointSets {
  private static final int MOST_ROWS = 1 << 30;

  private PointSets() {}

  static void check(String operation, String argument, NdArray points) {
    Check.floatsOrDoubles(operation, argument, points);
    dense(operation, argument, points);
    limited(operation, argument, points);
  }

  /** Points of the dtype and the number of features of others, with any strides. */
  static void alike(String operation, String argument, NdArray points, String other, NdArray like) {
    Check.floatsOrDoubles(operation, argument, points);
    Check.matrix(operation, argument, points);
    limited(operation, argument, points);
    Check.sameDType(operation, argument, points, other, like);
    if (points.dim(1) != like.dim(1)) {
      throw Check.fault(
          operation,
          argument,
          "must have as many columns as '" + other + "', " + like + ", but is " + points);
    }
  }

  /** A matrix whose rows have no gaps. */
  static void dense(String operation, String argument, NdArray array) {
    if (array.rank() != 2 || array.dim(1) > 1 && array.stride(1) != 1) {
      throw Check.fault(
          operation, argument, "must be a matrix whose rows have no gaps, but is " + array);
    }
  }

  private static void limited(String operation, String argument, NdArray points) {
    if (points.dim(0) > MOST_ROWS) {
      throw Check.fault(
          operation, argument, "must have at most " + MOST_ROWS + " rows, but is " + points);
    }
  }

  static DType compute(NdArray array) {
    return array.dtype() == DType.FP64 ? DType.FP64 : DType.FP32;
  }
}
