package dev.kiln.kernels.reference;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.numeric.FloatFormat;

/** What becomes of the result of each arithmetic operation. */
@FunctionalInterface
public interface Rounding {
  /** Double precision. */
  Rounding EXACT = x -> x;

  /** To nearest fp32, ties to even. */
  Rounding FP32 = x -> (float) x;

  double of(double x);

  /** Rounds to a float type. */
  static Rounding to(DType dtype) {
    return dtype == DType.FP32 ? FP32 : x -> FloatFormat.round(dtype, x);
  }

  /** Every number rounded. */
  default double[] of(double[] values) {
    double[] rounded = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      rounded[i] = of(values[i]);
    }
    return rounded;
  }
}
