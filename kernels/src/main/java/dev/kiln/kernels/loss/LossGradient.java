package dev.kiln.kernels.loss;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.NdArray;

/**
 * Where a loss puts the gradient of its input, and what it is multiplied by: {@code weight upstream
 * scale}.
 *
 * @param grads receives the gradient; null for none
 * @param weight one number, such as {@link LossSums#rowWeight} gives, or one for each row (for
 *     losses of numbers, for each number) where losses are not reduced; null for 1
 * @param upstream one number, the gradient of the loss itself; null for 1
 * @param scale a further factor, the loss scale for one
 */
public record LossGradient(NdArray grads, NdArray weight, NdArray upstream, double scale) {
  /** No gradient is wanted. */
  public static final LossGradient NONE = new LossGradient(null, null, null, 1);

  /** The gradient of the sum of all losses. */
  public static LossGradient into(NdArray grads) {
    return new LossGradient(grads, null, null, 1);
  }

  public LossGradient withWeight(NdArray newWeight) {
    return new LossGradient(grads, newWeight, upstream, scale);
  }

  public LossGradient withUpstream(NdArray newUpstream) {
    return new LossGradient(grads, weight, newUpstream, scale);
  }

  public LossGradient withScale(double newScale) {
    return new LossGradient(grads, weight, upstream, newScale);
  }

  /** Checks the factors of the gradients of {@code count} losses. */
  void checkFactors(String operation, DType compute, long count) {
    if (weight != null) {
      if (weight.size() != 1) {
        if (weight.size() != count) {
          throw Check.fault(
              operation, "weight", "must hold 1 or " + count + " numbers, but is " + weight);
        }
        Check.contiguous(operation, "weight", weight);
      }
      LossRows.compute(operation, "weight", weight, compute);
    }
    if (upstream != null) {
      Check.single(operation, "upstream", upstream);
      LossRows.compute(operation, "upstream", upstream, compute);
    }
  }

  /** Passes the factors' arrays. */
  void passFactors(KernelCall call) {
    call.array(weight).array(upstream);
  }

  /** From the factor of a row to that of the next. */
  int weightStride() {
    return weight == null || weight.size() == 1 ? 0 : 1;
  }
}
