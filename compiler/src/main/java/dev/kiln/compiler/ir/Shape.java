package dev.kiln.compiler.ir;

import java.util.Arrays;
import java.util.stream.Collectors;

/** The extents of a tile, outermost first. Immutable. */
public final class Shape {
  private final int[] dims;

  private Shape(int[] dims) {
    this.dims = dims;
  }

  public static Shape of(int... dims) {
    return new Shape(dims.clone());
  }

  public int rank() {
    return dims.length;
  }

  public int dim(int axis) {
    return dims[axis];
  }

  /** Number of elements. */
  public int size() {
    int n = 1;
    for (int d : dims) {
      n *= d;
    }
    return n;
  }

  public int[] toArray() {
    return dims.clone();
  }

  public Shape with(int axis, int extent) {
    int[] copy = dims.clone();
    copy[axis] = extent;
    return new Shape(copy);
  }

  public Shape insert(int axis, int extent) {
    int[] copy = new int[dims.length + 1];
    System.arraycopy(dims, 0, copy, 0, axis);
    copy[axis] = extent;
    System.arraycopy(dims, axis, copy, axis + 1, dims.length - axis);
    return new Shape(copy);
  }

  public Shape remove(int axis) {
    int[] copy = new int[dims.length - 1];
    System.arraycopy(dims, 0, copy, 0, axis);
    System.arraycopy(dims, axis + 1, copy, axis, copy.length - axis);
    return new Shape(copy);
  }

  /** Elements between neighbours along each axis when the tile lies row by row. */
  public int[] rowMajorStrides() {
    int[] strides = new int[dims.length];
    int stride = 1;
    for (int i = dims.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= dims[i];
    }
    return strides;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape that && Arrays.equals(dims, that.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /** {@code 128x64} */
  @Override
  public String toString() {
    return Arrays.stream(dims).mapToObj(Integer::toString).collect(Collectors.joining("x"));
  }
}
