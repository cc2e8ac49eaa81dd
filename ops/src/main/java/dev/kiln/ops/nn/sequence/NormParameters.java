package dev.kiln.ops.nn.sequence;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.function.ResidualNorm;
import dev.kiln.ops.nn.Counted;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.nn.Work;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import java.util.List;

/**
 * A layer norm that adds a branch to the residual stream on its way: {@link ResidualNorm} with its
 * {@code weight} and {@code bias}.
 */
public final class NormParameters extends Module implements Counted {
  private static final int OPERATIONS = 7;

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

  /** Mean, differences, their squares and sum, scaling, weight, bias: on each number. */
  @Override
  public Work work(List<Tensor> inputs, List<Tensor> outputs) {
    return Work.flops(OPERATIONS * inputs.getFirst().size());
  }

  /** The norm alone. */
  public Tensor apply(Tensor x) {
    return apply(x, null).norm();
  }
}
