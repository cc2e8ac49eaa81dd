package dev.kiln.tests.docs;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.NdArray;

/** What examples begin with. */
public final class Given {
  private Given() {}

  /** Numbers between 0 and 1, fp32. */
  public static NdArray array(long... shape) {
    return array(DType.FP32, shape);
  }

  /** Numbers between 0 and 1; of integer dtypes, zeros. */
  public static NdArray array(DType dtype, long... shape) {
    long size = 1;
    for (long extent : shape) {
      size *= extent;
    }
    var values = new double[Math.toIntExact(size)];
    if (dtype.isFloat()) {
      for (int i = 0; i < values.length; i++) {
        values[i] = 0.25 + (i * 7 % 11) / 16.0;
      }
    }
    return NdArray.of(Devices.cpu(), dtype, values, shape);
  }

  /** A vector of i32. */
  public static NdArray ints(int... values) {
    return NdArray.of(Devices.cpu(), values, values.length);
  }
}
