package dev.kiln.ops.nn;

import dev.kiln.ops.tensor.Context;

/**
 * Convolution of sequences, {@code N x C x length}; weight {@code outputs x inputs/groups x
 * taps...}.
 */
public final class Conv1d extends Conv {
  public Conv1d(Context context, long inputs, long outputs, int kernel) {
    this(context, inputs, outputs, ConvOptions.kernel(kernel));
  }

  public Conv1d(Context context, long inputs, long outputs, ConvOptions options) {
    super(context, false, 1, inputs, outputs, options);
  }
}
