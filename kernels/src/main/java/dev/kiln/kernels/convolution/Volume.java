package dev.kiln.kernels.convolution;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;

/**
 * An array of images, {@code N x C x ...}, or of weights, {@code out x in x ...}, seen with three
 * axes of space: missing ones have size 1. Filled in again at each call, so that calls allocate
 * nothing.
 */
public final class Volume {
  public static final int AXES = 3;

  public final long[] size = new long[AXES];
  public final long[] stride = new long[AXES];
  public NdArray array;
  public long first;
  public long second;
  public long firstStride;
  public long secondStride;

  public Volume of(NdArray newArray) {
    array = newArray;
    first = array.dim(0);
    second = array.dim(1);
    firstStride = array.stride(0);
    secondStride = array.stride(1);
    int missing = AXES + 2 - array.rank();
    for (int axis = 0; axis < AXES; axis++) {
      size[axis] = axis < missing ? 1 : array.dim(axis + 2 - missing);
      stride[axis] = axis < missing ? 0 : array.stride(axis + 2 - missing);
    }
    return this;
  }

  /** A vector, along the first axis. */
  Volume ofVector(NdArray vector) {
    array = vector;
    first = vector.dim(0);
    second = 1;
    firstStride = vector.stride(0);
    secondStride = 0;
    Arrays.fill(size, 1);
    Arrays.fill(stride, 0);
    return this;
  }

  public long space() {
    return size[0] * size[1] * size[2];
  }

  /** {@link DType#FP64} for such arrays, else {@link DType#FP32}. */
  public DType compute() {
    return array.dtype() == DType.FP64 ? DType.FP64 : DType.FP32;
  }

  /** Whether positions in space, counted row by row, are one stride apart. */
  public boolean isDenseInSpace() {
    long expected = size[2] * stride[2];
    boolean rows = size[1] == 1 || stride[1] == expected;
    return rows && (size[0] == 1 || stride[0] == size[1] * expected);
  }

  /** Passes three integers. */
  public static void pass(KernelCall call, long[] values) {
    call.integer(values[0]).integer(values[1]).integer(values[2]);
  }
}
