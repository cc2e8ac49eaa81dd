package dev.kiln.ops.nn;

import dev.kiln.ops.tensor.Context;

/**
 * Convolution of images, {@code N x C x height x width}; weight {@code outputs x inputs/groups x
 * taps...}.
 */
public final class Conv2d extends Conv {
  public Conv2d(Context context, long inputs, long outputs, int kernel) {
    this(context, inputs, outputs, ConvOptions.kernel(kernel));
  }

  public Conv2d(Context context, long inputs, long outputs, ConvOptions options) {
    super(context, false, 2, inputs, outputs, options);
  }
}
