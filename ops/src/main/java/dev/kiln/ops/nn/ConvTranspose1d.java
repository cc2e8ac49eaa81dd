package dev.kiln.ops.nn;

import dev.kiln.ops.tensor.Context;

/**
 * Transposed convolution of sequences, {@code N x C x length}; weight {@code inputs x
 * outputs/groups x taps...}.
 */
public final class ConvTranspose1d extends Conv {
  public ConvTranspose1d(Context context, long inputs, long outputs, int kernel) {
    this(context, inputs, outputs, ConvOptions.kernel(kernel));
  }

  public ConvTranspose1d(Context context, long inputs, long outputs, ConvOptions options) {
    super(context, true, 1, inputs, outputs, options);
  }
}
