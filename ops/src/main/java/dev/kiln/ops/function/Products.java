package dev.kiln.ops.function;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.product.Epilogue;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.kernels.reduction.ColumnSums;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Operation;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;

/** Products with weights. */
public final class Products {
  private Products() {}

  /** {@link #linear(Tensor, Tensor, Tensor, Activation)} without an activation. */
  public static Tensor linear(Tensor x, Tensor weight, Tensor bias) {
    return linear(x, weight, bias, Activation.NONE);
  }

  /**
   * {@code y = activation(x weight^T + bias)}, in one launch.
   *
   * @param x {@code ... x inputs}
   * @param weight {@code outputs x inputs}
   * @param bias {@code outputs}, or null
   * @param activation with its usual numbers
   * @return {@code ... x outputs}
   * @throws KilnException if the shapes do not fit
   */
  public static Tensor linear(Tensor x, Tensor weight, Tensor bias, Activation activation) {
    Context context = x.context();
    check(x, weight, bias);
    Tensor[] in = context.cast("linear", x, weight, bias);
    Tensor dense = in[0].rank() == 2 ? in[0] : in[0].contiguous();
    var operation = Operation.of("linear", dense, in[1], in[2]);
    long[] shape = x.shape();
    shape[shape.length - 1] = weight.dim(0);
    Tensor y = context.empty(in[0].dtype(), shape);
    var fused = new Fused(activation);
    Tensor pre = fused.pre(operation, y);
    matmul(context)
        .run(
            rows(dense),
            in[1].array().permute(1, 0),
            in[2] == null ? null : in[2].array(),
            activation,
            rows(y),
            pre == null ? null : rows(pre));
    return operation
        .save(
            operation.needs(1) ? dense : null,
            operation.needs(0) ? in[1] : null,
            fused.saved(pre, y))
        .result(
            y,
            g -> {
              NdArray dz = rows(fused.gradient(g.saved(2), g.of()));
              g.write(
                  0, (dx, add) -> matmul(context).run(dz, g.saved(1).array(), beta(add), rows(dx)));
              g.write(
                  1,
                  (dw, add) ->
                      matmul(context).run(dz.permute(1, 0), rows(g.saved(0)), beta(add), dw));
              g.write(
                  2,
                  (db, add) ->
                      context.launcher(ColumnSums.class, ColumnSums::new).run(dz, add, db));
            });
  }

  private static void check(Tensor x, Tensor weight, Tensor bias) {
    if (x.rank() < 1 || weight.rank() != 2 || x.dim(-1) != weight.dim(1)) {
      throw new KilnException(
          "linear: the last axis of %s must be the last axis of %s".formatted(x, weight));
    }
    if (bias != null && (bias.rank() != 1 || bias.dim(0) != weight.dim(0))) {
      throw new KilnException(
          "linear: the bias must have a number for each row of %s, but is %s"
              .formatted(weight, bias));
    }
  }

  private static Matmul matmul(Context context) {
    return context.launcher(Matmul.class, Matmul::new);
  }

  private static Epilogue beta(boolean accumulate) {
    return accumulate ? Epilogue.ADD : Epilogue.NONE;
  }

  private static NdArray rows(Tensor x) {
    return rows(x.array());
  }

  /** All axes but the last as one. */
  private static NdArray rows(NdArray x) {
    return x.rank() == 2 ? x : x.reshape(x.dim(-1) == 0 ? 0 : x.size() / x.dim(-1), x.dim(-1));
  }
}
