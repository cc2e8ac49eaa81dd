package dev.kiln.kernels.loss;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.runtime.NdArray;

/** Rows of classes: checks, and the tiles in which programs walk through them. */
final class LossRows {
  /** Elements of a tile: of a part of a long row, or of several short rows. */
  private static final int TILE = 4096;

  /** So many programs at least, so that threads can share the work. */
  private static final int PROGRAMS = 8;

  private LossRows() {}

  /** A matrix of floats or doubles with at least one column, dense rows at any distance. */
  static void check(String operation, String argument, NdArray array) {
    Check.floatsOrDoubles(operation, argument, array);
    if (array.rank() != 2) {
      throw Check.fault(operation, argument, "must be a matrix, but is " + array);
    }
    if (array.dim(1) < 1 || array.dim(1) > Integer.MAX_VALUE || array.dim(0) > Integer.MAX_VALUE) {
      throw Check.fault(
          operation,
          argument,
          "must have 1 to 2147483647 classes and at most as many rows, but is " + array);
    }
    if (array.dim(1) > 1 && array.stride(1) != 1) {
      throw Check.fault(operation, argument, "must have dense rows");
    }
  }

  /** {@link #check}, of the shape of another. */
  static void like(String operation, String argument, NdArray array, String other, NdArray like) {
    check(operation, argument, array);
    Check.sameShape(operation, argument, array, other, like);
    if ((array.dtype() == DType.FP64) != (like.dtype() == DType.FP64)) {
      throw Check.fault(
          operation, argument, "must be fp64 exactly if '" + other + "' is, but is " + array);
    }
  }

  /** A class for each row. */
  static void targets(String operation, NdArray targets, long rows) {
    Check.vector(operation, "targets", targets, rows);
    Check.indices(operation, "targets", targets);
  }

  /** A number for each row in the dtype of the arithmetic; or null. */
  static void perRow(String operation, String argument, NdArray array, DType compute, long rows) {
    if (array != null) {
      Check.vector(operation, argument, array, rows);
      compute(operation, argument, array, compute);
    }
  }

  /** A number for each class; or null. */
  static void perClass(String operation, NdArray weights, DType compute, long classes) {
    if (weights != null) {
      Check.vector(operation, "classWeights", weights, classes);
      compute(operation, "classWeights", weights, compute);
    }
  }

  static void compute(String operation, String argument, NdArray array, DType compute) {
    if (array.dtype() != compute) {
      throw Check.fault(operation, argument, "must be " + compute + ", but is " + array);
    }
  }

  /** The dtype of the arithmetic. */
  static DType compute(NdArray array) {
    return array.dtype() == DType.FP64 ? DType.FP64 : DType.FP32;
  }

  /** Columns of a tile. */
  static int block(long classes) {
    return BlockSizes.around(classes, 16, TILE);
  }

  /** Rows of a tile: one, or several that are short. */
  static int tileRows(long rows, long classes) {
    int most = TILE / block(classes);
    return Math.min(most, BlockSizes.around(rows / PROGRAMS, 1, most));
  }

  /** Warps of a program on a GPU. */
  static int warps(int tileRows, long classes) {
    return BlockSizes.warps((long) tileRows * block(classes));
  }
}
