package dev.kiln.cli;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.npy.NpyArray;

/**
 * Numbers of files and arrays, converted between dtypes; those that {@code .npy} lacks are widened
 * exactly to fp32.
 */
final class ArrayNumbers {
  private ArrayNumbers() {}

  static double[] decode(NpyArray array) {
    return NdArray.decode(array.dtype(), array.data());
  }

  static byte[] encode(DType dtype, double[] values) {
    return NdArray.encode(dtype, values);
  }

  /** What to write for an array. */
  static NpyArray toNpy(NdArray array) {
    DType dtype = array.dtype();
    if (dtype.isFp8() || dtype == DType.BF16) {
      return new NpyArray(DType.FP32, array.shape(), NdArray.encode(DType.FP32, array.toDoubles()));
    }
    return new NpyArray(dtype, array.shape(), array.toBytes());
  }
}
