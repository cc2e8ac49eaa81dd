package dev.kiln.ops.nn;

import dev.kiln.ops.tensor.Context;

/**
 * Transposed convolution of volumes, {@code N x C x depth x height x width}; weight {@code inputs x
 * outputs/groups x taps...}.
 */
public final class ConvTranspose3d extends Conv {
  public ConvTranspose3d(Context context, long inputs, long outputs, int kernel) {
    this(context, inputs, outputs, ConvOptions.kernel(kernel));
  }

  public ConvTranspose3d(Context context, long inputs, long outputs, ConvOptions options) {
    super(context, true, 3, inputs, outputs, options);
  }
}
