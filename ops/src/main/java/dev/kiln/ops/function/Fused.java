package dev.kiln.ops.function;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.Activations;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Operation;
import dev.kiln.ops.tensor.Tensor;

/** An activation that a product or a convolution applies before it stores its result. */
record Fused(Activation activation) {
  /**
   * Where to store what goes into the activation, for the backward pass; null if that can be read
   * off the result, or nobody will.
   */
  Tensor pre(Operation operation, Tensor y) {
    boolean isWanted = operation.isRecorded() && !isReadOffResult();
    return isWanted ? y.context().empty(y.dtype(), y.shape()) : null;
  }

  /** What {@link #gradient} reads; null if there is no activation. */
  Tensor saved(Tensor pre, Tensor y) {
    return pre == null && activation != Activation.NONE ? y : pre;
  }

  /** The gradient of what went into the activation, contiguous. */
  Tensor gradient(Tensor saved, Tensor dy) {
    Tensor dense = dy.contiguous();
    if (activation == Activation.NONE) {
      return dense;
    }
    Context context = dy.context();
    Tensor gradient = context.empty(dy.dtype(), dy.shape());
    context
        .launcher(Activations.class, Activations::new)
        .backward(activation, saved.array(), dense.array(), gradient.array());
    return gradient;
  }

  /** Results of a ReLU are above 0 exactly where its derivative is 1. */
  private boolean isReadOffResult() {
    return activation == Activation.NONE || activation == Activation.RELU;
  }
}
