package dev.kiln.kernels.normalization;

import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * An array seen as rows along its last axis: contiguous of any rank, or a matrix with dense rows at
 * any distance.
 *
 * <p>A tile of {@code tileRows x block} elements is a program's share. A row of at most {@value
 * #WHOLE_ROW} elements fits into a tile, several if they are short; longer rows are walked through.
 */
final class Rows {
  /** Above that a row's scratch copy would leave the second-level cache. */
  private static final int WHOLE_ROW = 16_384;

  /** Of a row that is walked through; and of several short ones together. */
  private static final int TILE = 4096;

  /** So many programs at least, so that threads can share the work. */
  private static final int PROGRAMS = 8;

  /** Rows up to that are taken several at a time instead of streamed. */
  private static final int SHORT_ROW = 128;

  /** Rows that a program streams: of the first one nothing has been read ahead. */
  private static final int RUN = 16;

  private Rows() {}

  static void check(String operation, String argument, NdArray array) {
    Check.floatsOrDoubles(operation, argument, array);
    if (array.rank() == 0) {
      throw Check.fault(operation, argument, "must have an axis");
    }
    boolean dense = array.dim(-1) <= 1 || array.stride(-1) == 1;
    if (!(dense && array.rank() == 2 || array.isContiguous())) {
      throw Check.fault(
          operation, argument, "must be contiguous, or a matrix with dense rows, but is " + array);
    }
    if (array.dim(-1) > Integer.MAX_VALUE || count(array) > Integer.MAX_VALUE) {
      throw Check.fault(
          operation, argument, "must have at most 2147483647 rows and columns, but is " + array);
    }
  }

  /** {@link #check}, of the shape and the dtype of another. */
  static void like(String operation, String argument, NdArray array, String other, NdArray like) {
    check(operation, argument, array);
    Check.sameShape(operation, argument, array, other, like);
    Check.sameDType(operation, argument, array, other, like);
  }

  static long columns(NdArray array) {
    return array.dim(-1);
  }

  static long count(NdArray array) {
    long rows = 1;
    for (int axis = 0; axis < array.rank() - 1; axis++) {
      rows *= array.dim(axis);
    }
    return rows;
  }

  /** Elements from one row to the next; 0 for no array. */
  static long stride(NdArray array) {
    if (array == null) {
      return 0;
    }
    return array.rank() == 2 ? array.stride(0) : array.dim(-1);
  }

  static boolean whole(long columns) {
    return columns <= WHOLE_ROW;
  }

  /** Columns of a tile. */
  static int block(long columns) {
    return whole(columns) ? BlockSizes.around(columns, 16, WHOLE_ROW) : TILE;
  }

  /** Columns of a tile where rows of any length are walked through. */
  static int stepBlock(long columns) {
    return BlockSizes.around(columns, 16, TILE);
  }

  /** Rows of a tile: one, or several that are short. */
  static int tileRows(long rows, long columns) {
    int most = Math.max(1, TILE / block(columns));
    return Math.min(most, BlockSizes.around(rows / PROGRAMS, 1, most));
  }

  /** Whether a program takes rows one after the other and reads ahead: on the CPU. */
  static boolean stream(Device device, long columns) {
    return !device.target().isGpu() && whole(columns) && columns > SHORT_ROW;
  }

  /** Rows of a program that streams them. */
  static int run(long rows) {
    return BlockSizes.around(rows / (2 * PROGRAMS), 1, RUN);
  }

  /** Warps of a program on a GPU. */
  static int warps(int tileRows, long columns) {
    return BlockSizes.warps((long) tileRows * block(columns));
  }
}
