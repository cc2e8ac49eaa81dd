package dev.kiln.ops.nn.sequence;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.function.ResidualNorm;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import java.util.List;

/**
 * A layer norm that adds a branch to the residual stream on its way: {@link ResidualNorm} with its
 * {@code weight} and {@code bias}.
 */
public final class NormParameters extends Module {
  private final Tensor weight;
  private final Tensor bias;
  private final double eps;

  public NormParameters(Context context, long features, double eps) {
    super(context);
    this.eps = eps;
    weight = parameter("weight", context.ones(DType.FP32, features));
    bias = parameter("bias", context.zeros(DType.FP32, features));
  }

  /**
   * {@code sum = x + branch} and its norm.
   *
   * @param branch may be null
   */
  public ResidualNorm apply(Tensor x, Tensor branch) {
    ResidualNorm both = ResidualNorm.of(x, branch, weight, bias, eps);
    applied(List.of(x), List.of(both.norm()));
    return both;
  }

  /** The norm alone. */
  public Tensor apply(Tensor x) {
    return apply(x, null).norm();
  }
}
