package dev.kiln.ops.nn;

import dev.kiln.ops.tensor.Context;

/**
 * Convolution of volumes, {@code N x C x depth x height x width}; weight {@code outputs x
 * inputs/groups x taps...}.
 */
public final class Conv3d extends Conv {
  public Conv3d(Context context, long inputs, long outputs, int kernel) {
    this(context, inputs, outputs, ConvOptions.kernel(kernel));
  }

  public Conv3d(Context context, long inputs, long outputs, ConvOptions options) {
    super(context, false, 3, inputs, outputs, options);
  }
}
