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

  /**
   * {@code y = x weight^T + bias}.
   *
   * @param x {@code ... x inputs}
   * @param weight {@code outputs x inputs}
   * @param bias {@code outputs}, or null
   * @return {@code ... x outputs}
   * @throws KilnException if the shapes do not fit
   */
  public static Tensor linear(Tensor x, Tensor weight, Tensor bias) {
    Context context = x.context();
    if (x.rank() < 1 || weight.rank() != 2 || x.dim(-1) != weight.dim(1)) {
      throw new KilnException(
          "linear: the last axis of %s must be the last axis of %s".formatted(x, weight));
    }
    Tensor[] in = context.cast("linear", x, weight, bias);
    var operation = Operation.of("linear", in).save(in[0], in[1]);
    long[] shape = x.shape();
    shape[shape.length - 1] = weight.dim(0);
    Tensor y = context.empty(in[0].dtype(), shape);
    matmul(context)
        .run(
            rows(in[0].array()),
            in[1].array().permute(1, 0),
            in[2] == null ? null : in[2].array(),
            Activation.NONE,
            rows(y.array()));
    return operation.result(
        y,
        g -> {
          NdArray dy = rows(g.of().contiguous().array());
          NdArray w = g.saved(1).array();
          g.write(
              0,
              (dx, add) ->
                  matmul(context).run(dy, w, Epilogue.NONE.withBeta(add ? 1 : 0), rows(dx)));
          NdArray xs = rows(g.saved(0).contiguous().array());
          g.write(
              1,
              (dw, add) ->
                  matmul(context)
                      .run(dy.permute(1, 0), xs, Epilogue.NONE.withBeta(add ? 1 : 0), dw));
          g.write(
              2, (db, add) -> context.launcher(ColumnSums.class, ColumnSums::new).run(dy, add, db));
        });
  }

  private static Matmul matmul(Context context) {
    return context.launcher(Matmul.class, Matmul::new);
  }

  /** All axes but the last as one. */
  private static NdArray rows(NdArray x) {
    return x.rank() == 2 ? x : x.reshape(-1, x.dim(-1));
  }
}
