package dev.kiln.ops.nn;

import dev.kiln.ops.function.Normalizations;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;

/**
 * {@code x / sqrt(mean(x^2) + eps) weight} over the last axis (Zhang and Sennrich, 2019). A row of
 * zeros stays 0.
 */
public final class RmsNorm extends Norm {
  private final double eps;
  private final Tensor weight;

  /** With {@code eps} 1e-6. */
  public RmsNorm(Context context, long columns) {
    this(context, columns, 1e-6);
  }

  public RmsNorm(Context context, long columns, double eps) {
    super(context, UNCENTRED);
    this.eps = eps;
    weight = parameter("weight", Initialization.constant(1).make(context, columns));
  }

  public Tensor weight() {
    return weight;
  }

  @Override
  protected Tensor forward(Tensor x) {
    return Normalizations.rmsNorm(x, weight, eps);
  }

  @Override
  public String toString() {
    return "RmsNorm[" + weight.dim(0) + "]";
  }
}
