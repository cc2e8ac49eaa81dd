package dev.kiln.cli.train;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.ops.train.Callback;
import dev.kiln.ops.train.Trainer;

/**
 * Measures how much the CPU computes at best, by a large product of matrices in fp32, when kernels
 * are warm.
 */
final class PeakFlops implements Callback {
  private static final int SIZE = 768;
  private static final double SECONDS = 0.5;
  private static final int LEAST_TIMES = 2;

  private final Context context;
  private double perSecond = Double.NaN;

  PeakFlops(Context context) {
    this.context = context;
  }

  /** Floating-point operations in a second; NaN before a run, and where it was not measured. */
  double perSecond() {
    return perSecond;
  }

  /** Not of a short run, which has no figure of its own, nor of a device that imitates one. */
  @Override
  public void started(Trainer trainer) {
    boolean isShort = trainer.options().warmUp().isZero();
    if (!isShort && context.device().name().equals("cpu")) {
      measure();
    }
  }

  private void measure() {
    long start = System.nanoTime();
    long fastest = Long.MAX_VALUE;
    try (Mode _ = context.noGrad();
        Scope _ = context.scope()) {
      Tensor a = context.ones(DType.FP32, SIZE, SIZE);
      for (int i = 0; i < LEAST_TIMES || (System.nanoTime() - start) * 1e-9 < SECONDS; i++) {
        long before = System.nanoTime();
        try (Scope _ = context.scope()) {
          a.matmul(a);
        }
        fastest = Math.min(fastest, System.nanoTime() - before);
      }
    }
    perSecond = 2.0 * SIZE * SIZE * SIZE / (fastest * 1e-9);
  }
}
