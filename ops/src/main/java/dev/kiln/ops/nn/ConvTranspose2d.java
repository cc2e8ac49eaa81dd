package dev.kiln.ops.nn;

import dev.kiln.ops.tensor.Context;

/**
 * Transposed convolution of images, {@code N x C x height x width}; weight {@code inputs x
 * outputs/groups x taps...}.
 */
public final class ConvTranspose2d extends Conv {
  public ConvTranspose2d(Context context, long inputs, long outputs, int kernel) {
    this(context, inputs, outputs, ConvOptions.kernel(kernel));
  }

  public ConvTranspose2d(Context context, long inputs, long outputs, ConvOptions options) {
    super(context, true, 2, inputs, outputs, options);
  }
}
