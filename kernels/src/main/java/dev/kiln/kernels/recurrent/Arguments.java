package dev.kiln.kernels.recurrent;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.Check;
import dev.kiln.runtime.NdArray;

/** What recurrent cells ask of their arrays. */
record Arguments(String name) {
  /** Rows without gaps, at any distance. */
  void matrix(String argument, NdArray array, long rows, long columns) {
    Check.floatsOrDoubles(name, argument, array);
    Check.matrix(name, argument, array, rows, columns);
    if (array.stride(1) != 1 && columns > 1) {
      throw Check.fault(name, argument, "must have rows without gaps, but is " + array);
    }
  }

  /** The matrix that tells the size of all others. */
  void state(String argument, NdArray array) {
    Check.floatsOrDoubles(name, argument, array);
    Check.matrix(name, argument, array);
    matrix(argument, array, array.dim(0), array.dim(1));
  }

  /** Likewise; also fp64 exactly if another is. */
  void matrix(String argument, NdArray array, long rows, long columns, NdArray like) {
    matrix(argument, array, rows, columns);
    sameWidth(argument, array, like);
  }

  void optionalMatrix(String argument, NdArray array, long rows, long columns, NdArray like) {
    if (array != null) {
      matrix(argument, array, rows, columns, like);
    }
  }

  void optionalVector(String argument, NdArray array, long length, NdArray like) {
    if (array != null) {
      Check.floatsOrDoubles(name, argument, array);
      Check.vector(name, argument, array, length);
      sameWidth(argument, array, like);
    }
  }

  void sameWidth(String argument, NdArray array, NdArray like) {
    if ((array.dtype() == DType.FP64) != (like.dtype() == DType.FP64)) {
      throw Check.fault(name, argument, "must be fp64 exactly if the others are, but is " + array);
    }
  }

  /** A dense array of time, batch and columns. */
  void sequence(String argument, NdArray array, long steps, long batch, long columns, NdArray x) {
    Check.sameDType(name, argument, array, "x", x);
    boolean fits = array.rank() == 3 && array.dim(0) == steps;
    if (!fits || array.dim(1) != batch || array.dim(2) != columns) {
      throw Check.fault(
          name,
          argument,
          "must be of " + steps + " x " + batch + " x " + columns + ", but is " + array);
    }
    Check.elements(name, argument, array);
  }

  void optionalSequence(
      String argument, NdArray array, long steps, long batch, long columns, NdArray x) {
    if (array != null) {
      sequence(argument, array, steps, batch, columns, x);
    }
  }

  void present(String argument, NdArray array) {
    if (array == null) {
      throw Check.fault(name, argument, "must be there");
    }
  }
}
