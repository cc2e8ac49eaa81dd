package dev.kiln.kernels.launch;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;

/**
 * What launchers ask of their arguments. A fault names the operation, the argument and the rule.
 */
public final class Check {
  private Check() {}

  public static KilnException fault(String operation, String argument, String rule) {
    return new KilnException(operation + ": argument '" + argument + "' " + rule);
  }

  private static KilnException fault(
      String operation, String argument, String rule, NdArray array) {
    return fault(operation, argument, rule + ", but is " + array);
  }

  /** fp32, fp16 or bf16. */
  public static void floats(String operation, String argument, NdArray array) {
    switch (array.dtype()) {
      case FP32, FP16, BF16 -> {}
      default -> throw fault(operation, argument, "must be fp32, fp16 or bf16", array);
    }
  }

  /** fp32, fp16, bf16, or fp64. */
  public static void floatsOrDoubles(String operation, String argument, NdArray array) {
    if (array.dtype() != DType.FP64) {
      floats(operation, argument, array);
    }
  }

  public static void fp32(String operation, String argument, NdArray array) {
    if (array.dtype() != DType.FP32) {
      throw fault(operation, argument, "must be fp32", array);
    }
  }

  public static void indices(String operation, String argument, NdArray array) {
    if (array.dtype() != DType.I32 && array.dtype() != DType.I64) {
      throw fault(operation, argument, "must be i32 or i64", array);
    }
  }

  public static void sameDType(
      String operation, String argument, NdArray array, String other, NdArray like) {
    if (array.dtype() != like.dtype()) {
      throw fault(
          operation, argument, "must have the dtype of '" + other + "', " + like.dtype(), array);
    }
  }

  public static void matrix(String operation, String argument, NdArray array) {
    if (array.rank() != 2) {
      throw fault(operation, argument, "must be a matrix", array);
    }
    matrices(operation, argument, array);
  }

  public static void matrix(
      String operation, String argument, NdArray array, long rows, long columns) {
    matrix(operation, argument, array);
    lastAxes(operation, argument, array, rows, columns);
  }

  /** A matrix, or an array of rank 3 that is a batch of them; each spans at most 2^31 elements. */
  public static void matrices(String operation, String argument, NdArray array) {
    int rank = array.rank();
    if (rank != 2 && rank != 3) {
      throw fault(operation, argument, "must be a matrix or a batch of matrices", array);
    }
    long last = 0;
    for (int axis = rank - 2; axis < rank; axis++) {
      last += Math.max(0, array.dim(axis) - 1) * Math.abs(array.stride(axis));
    }
    if (last > Integer.MAX_VALUE) {
      throw fault(operation, argument, "must span at most 2147483648 elements", array);
    }
  }

  /** Likewise, of a size. */
  public static void matrices(
      String operation, String argument, NdArray array, long rows, long columns) {
    matrices(operation, argument, array);
    lastAxes(operation, argument, array, rows, columns);
  }

  private static void lastAxes(
      String operation, String argument, NdArray array, long rows, long columns) {
    int rank = array.rank();
    if (array.dim(rank - 2) != rows || array.dim(rank - 1) != columns) {
      throw fault(operation, argument, "must be of " + rows + " x " + columns, array);
    }
  }

  /** The array has no memory in common with another. */
  public static void apart(
      String operation, String argument, NdArray array, String other, NdArray from) {
    if (Overlap.mayExist(array, from)) {
      boolean same = array.address() == from.address();
      throw fault(
          operation, argument, "must not " + (same ? "be" : "overlap") + " '" + other + "'");
    }
  }

  /**
   * The array lies element by element in the place of another, or has no memory in common with it:
   * otherwise a program would overwrite what another one has yet to read.
   */
  public static void inPlaceOrApart(
      String operation, String argument, NdArray array, String other, NdArray from) {
    if (from != null && !isInPlace(array, from) && Overlap.mayExist(array, from)) {
      throw fault(
          operation, argument, "must not overlap '" + other + "', unless it takes its place");
    }
  }

  private static boolean isInPlace(NdArray array, NdArray from) {
    boolean same = array.address() == from.address() && array.rank() == from.rank();
    same = same && array.dtype().bytes() == from.dtype().bytes();
    for (int axis = 0; same && axis < array.rank(); axis++) {
      same = array.dim(axis) == from.dim(axis);
      same = same && (array.dim(axis) == 1 || array.stride(axis) == from.stride(axis));
    }
    return same;
  }

  /** A dense array of rank 1. */
  public static void vector(String operation, String argument, NdArray array, long length) {
    if (array.rank() != 1 || array.dim(0) != length) {
      throw fault(operation, argument, "must be a vector of " + length, array);
    }
    contiguous(operation, argument, array);
  }

  /** One number, of any rank. */
  public static void single(String operation, String argument, NdArray array) {
    if (array.size() != 1) {
      throw fault(operation, argument, "must hold one number", array);
    }
  }

  public static void contiguous(String operation, String argument, NdArray array) {
    if (!array.isContiguous()) {
      throw fault(operation, argument, "must be contiguous", array);
    }
  }

  /** Dense, so small that an i32 counts its elements. */
  public static void elements(String operation, String argument, NdArray array) {
    contiguous(operation, argument, array);
    if (array.size() > Integer.MAX_VALUE) {
      throw fault(operation, argument, "must have at most 2147483647 elements", array);
    }
  }

  public static void sameShape(
      String operation, String argument, NdArray array, String other, NdArray like) {
    boolean same = array.rank() == like.rank();
    for (int axis = 0; same && axis < array.rank(); axis++) {
      same = array.dim(axis) == like.dim(axis);
    }
    if (!same) {
      throw fault(operation, argument, "must have the shape of '" + other + "', " + like, array);
    }
  }
}
