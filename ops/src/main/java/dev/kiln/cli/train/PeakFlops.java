package dev.kiln.cli.train;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;

/** How much a device computes at best, by a large product of matrices. */
final class PeakFlops {
  private static final int SIZE = 1024;
  private static final int TIMES = 8;

  private PeakFlops() {}

  /** Floating-point operations in a second, in fp32; NaN of a device that is no fast one. */
  static double measure(Context context) {
    if (!context.device().name().equals("cpu")) {
      return Double.NaN;
    }
    long fastest = Long.MAX_VALUE;
    try (Mode ignored = context.noGrad();
        Scope scope = context.scope()) {
      Tensor a = context.ones(DType.FP32, SIZE, SIZE);
      for (int i = 0; i < TIMES; i++) {
        long start = System.nanoTime();
        try (Scope step = context.scope()) {
          a.matmul(a);
        }
        fastest = Math.min(fastest, System.nanoTime() - start);
      }
    }
    return 2.0 * SIZE * SIZE * SIZE / (fastest * 1e-9);
  }
}
