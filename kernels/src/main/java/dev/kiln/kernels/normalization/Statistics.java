package dev.kiln.kernels.normalization;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.Check;
import dev.kiln.runtime.NdArray;

/** What goes beside the array that is normalised: statistics, weight and bias, eps. */
final class Statistics {
  private Statistics() {}

  /** What kernels compute in, and statistics are kept in, for an array of a dtype. */
  static DType compute(NdArray array) {
    return array.dtype() == DType.FP64 ? DType.FP64 : DType.FP32;
  }

  /** A vector in the dtype that kernels compute in. */
  static void check(String operation, String argument, NdArray array, NdArray x, long length) {
    if (array == null) {
      throw Check.fault(operation, argument, "must be given");
    }
    Check.vector(operation, argument, array, length);
    if (array.dtype() != compute(x)) {
      throw Check.fault(
          operation, argument, "must be " + compute(x) + " beside " + x + ", but is " + array);
    }
  }

  static void checkOptional(
      String operation, String argument, NdArray array, NdArray x, long length) {
    if (array != null) {
      check(operation, argument, array, x, length);
    }
  }

  /** Weight, bias or their gradient: a vector of any float dtype, or null. */
  static void checkParameter(String operation, String argument, NdArray array, long length) {
    if (array != null) {
      Check.vector(operation, argument, array, length);
      Check.floatsOrDoubles(operation, argument, array);
    }
  }

  static void checkEps(String operation, double eps) {
    if (!(eps >= 0) || Double.isInfinite(eps)) {
      throw Check.fault(operation, "eps", "must be at least 0 and finite, but is " + eps);
    }
  }
}
