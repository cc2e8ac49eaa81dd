package dev.kiln.ops.function;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.normalization.LayerNorm;
import dev.kiln.ops.tensor.Axes;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Gradients;
import dev.kiln.ops.tensor.Operation;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.List;

/**
 * A residual stream and its layer norm in one pass, forward and backward: both paths of the
 * gradient meet in the norm's kernel.
 *
 * @param sum the stream behind the addition
 * @param norm what the next branch reads
 */
public record ResidualNorm(Tensor sum, Tensor norm) {
  private static final String NAME = "layer_norm";
  private static final int WEIGHT = 2;

  /**
   * {@code sum = x + branch}, {@code norm = (sum - mean) / sqrt(variance + eps) weight + bias} over
   * the last axis.
   *
   * @param x {@code ... x features}
   * @param branch of the shape of {@code x}; or null for nothing
   * @param weight {@code features}
   * @param bias {@code features}, or null
   * @throws KilnException if the shapes do not fit
   */
  public static ResidualNorm of(Tensor x, Tensor branch, Tensor weight, Tensor bias, double eps) {
    check(x, branch, weight, bias);
    Context context = x.context();
    Tensor[] in = context.cast(NAME, x, branch, weight, bias);
    var operation = Operation.of("residual_norm", in);
    Tensor first = in[0].contiguous();
    Tensor sum = branch == null ? first.detach() : context.empty(first.dtype(), x.shape());
    Tensor norm = context.empty(first.dtype(), x.shape());
    DType compute = first.dtype() == DType.FP64 ? DType.FP64 : DType.FP32;
    long rows = x.dim(-1) == 0 ? 0 : x.size() / x.dim(-1);
    Tensor mean = operation.isRecorded() ? context.empty(compute, rows) : null;
    Tensor rstd = operation.isRecorded() ? context.empty(compute, rows) : null;
    launcher(context)
        .forwardAdd(
            first.array(),
            branch == null ? null : in[1].contiguous().array(),
            branch == null ? null : sum.array(),
            in[WEIGHT].array(),
            in[3] == null ? null : in[3].array(),
            eps,
            norm.array(),
            mean == null ? null : mean.array(),
            rstd == null ? null : rstd.array());
    operation.save(sum, in[WEIGHT], mean, rstd);
    List<Tensor> results = operation.results(List.of(sum, norm), ResidualNorm::backward);
    return new ResidualNorm(results.get(0), results.get(1));
  }

  private static void backward(Gradients g) {
    Context context = g.context();
    Tensor x = g.saved(0);
    Tensor dx = context.empty(x.dtype(), x.shape());
    Tensor dweight = g.needs(WEIGHT) ? g.emptyLike(WEIGHT) : null;
    Tensor dbias = g.needs(3) ? g.emptyLike(3) : null;
    launcher(context)
        .backward(
            g.of(1).contiguous().array(),
            x.array(),
            g.saved(1).array(),
            g.saved(2).array(),
            g.saved(3).array(),
            g.has(0) ? g.of(0).contiguous().array() : null,
            dx.array(),
            dweight == null ? null : dweight.array(),
            dbias == null ? null : dbias.array());
    g.give(0, dx);
    g.give(1, dx);
    if (dweight != null) {
      g.give(WEIGHT, dweight);
    }
    if (dbias != null) {
      g.give(3, dbias);
    }
  }

  private static void check(Tensor x, Tensor branch, Tensor weight, Tensor bias) {
    if (branch != null) {
      Axes.requireShape(NAME, branch, x);
    }
    boolean fits = x.rank() >= 1 && weight.rank() == 1 && weight.dim(0) == x.dim(-1);
    if (!fits || bias != null && (bias.rank() != 1 || bias.dim(0) != x.dim(-1))) {
      throw new KilnException(
          "layer_norm: %s%s must have a number for each column of %s"
              .formatted(weight, bias == null ? "" : " and " + bias, x));
    }
  }

  private static LayerNorm launcher(Context context) {
    return context.launcher(LayerNorm.class, LayerNorm::new);
  }
}
