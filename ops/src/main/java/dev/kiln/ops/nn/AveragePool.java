package dev.kiln.ops.nn;

import dev.kiln.kernels.pooling.PoolingOptions;
import dev.kiln.ops.function.Pooling;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;

/** The mean of each window; over padding, too, unless the options say otherwise. */
public final class AveragePool extends Pool {
  /** Windows of one size side by side, along so many axes. */
  public AveragePool(Context context, int axes, int size) {
    this(context, PoolingOptions.of(axes, size));
  }

  public AveragePool(Context context, PoolingOptions options) {
    super(context, options);
  }

  @Override
  Tensor pooled(Tensor x, PoolingOptions options) {
    return Pooling.average(x, options);
  }
}
