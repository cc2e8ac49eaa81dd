package dev.kiln.ops.function;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.loss.LossGradient;
import dev.kiln.kernels.loss.LossSums;
import dev.kiln.kernels.loss.Reduction;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.NdArray;

/**
 * How the losses of rows become the result, and which factors its gradient has. Plain numbers, so
 * that a backward pass may hold it.
 *
 * @param byWeight whether the mean is over rows that count, whose number is only known on the
 *     device
 * @param rows all of them
 */
record RowReduction(Reduction reduction, boolean byWeight, long rows) {
  /** The mean over all rows. */
  static RowReduction ofAll(Reduction reduction, long rows) {
    return new RowReduction(reduction, false, rows);
  }

  /** The mean over rows whose class is not ignored, weighted by class. */
  static RowReduction ofClasses(Reduction reduction, long rows) {
    return new RowReduction(reduction, reduction == Reduction.MEAN, rows);
  }

  boolean isNone() {
    return reduction == Reduction.NONE;
  }

  /** One number, the weight of a row in the mean; null where the host knows it. */
  Tensor weight(Tensor targets, long ignored, Tensor classWeights, DType compute) {
    if (!byWeight) {
      return null;
    }
    Tensor weight = targets.context().empty(compute);
    sums(targets.context())
        .rowWeight(
            RowLoss.vector(targets.array()), ignored, RowLoss.array(classWeights), weight.array());
    return weight;
  }

  /** Losses of rows, of a shape if each is wanted. */
  Tensor losses(Context context, DType compute, long[] shape) {
    return isNone() ? context.empty(compute, shape) : context.empty(compute, rows);
  }

  /** The result. */
  Tensor reduce(Tensor losses, Tensor weight) {
    if (isNone()) {
      return losses;
    }
    Context context = losses.context();
    Tensor total = context.empty(losses.dtype());
    NdArray factor = weight == null ? null : weight.array();
    sums(context).sum(losses.array(), factor, scale(), total.array());
    return total;
  }

  /** The factor that the host knows. */
  private double scale() {
    return switch (reduction) {
      case NONE, SUM -> 1;
      case MEAN -> byWeight ? 1 : 1.0 / rows;
      case BATCH_MEAN -> 1.0 / rows;
    };
  }

  /** Where the gradient goes, with all of its factors. */
  LossGradient gradient(NdArray grads, Tensor upstream, Tensor weight) {
    LossGradient into = LossGradient.into(grads);
    if (isNone()) {
      return into.withWeight(upstream.contiguous().array().reshape(rows));
    }
    return into.withWeight(weight == null ? null : weight.array())
        .withUpstream(upstream.array())
        .withScale(scale());
  }

  /** All factors in one number on the device; not for {@link Reduction#NONE}. */
  Tensor factor(Tensor upstream, Tensor weight) {
    Tensor factor = upstream.context().empty(upstream.dtype());
    NdArray by = weight == null ? null : weight.array();
    sums(upstream.context()).sum(upstream.array().reshape(1), by, scale(), factor.array());
    return factor;
  }

  private static LossSums sums(Context context) {
    return context.launcher(LossSums.class, LossSums::new);
  }
}
