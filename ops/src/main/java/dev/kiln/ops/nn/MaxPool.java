package dev.kiln.ops.nn;

import dev.kiln.kernels.pooling.PoolingOptions;
import dev.kiln.ops.function.Pooling;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;

/** The largest number of each window; padding is minus infinity. */
public final class MaxPool extends Pool {
  /** Windows of one size side by side, along so many axes. */
  public MaxPool(Context context, int axes, int size) {
    this(context, PoolingOptions.of(axes, size));
  }

  public MaxPool(Context context, PoolingOptions options) {
    super(context, options);
  }

  @Override
  Tensor pooled(Tensor x, PoolingOptions options) {
    return Pooling.max(x, options);
  }
}
