package dev.kiln.ops.function;

import dev.kiln.kernels.elementwise.BinaryFunction;
import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.kernels.elementwise.TernaryFunction;
import dev.kiln.kernels.embedding.Embedding;
import dev.kiln.kernels.reduction.ColumnSums;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Operation;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;

/** Tokens and their places as vectors. */
public final class TokenEmbedding {
  private TokenEmbedding() {}

  /**
   * {@code y[b, t] = tokens[ids[b, t]] + places[first + t]}.
   *
   * @param ids {@code batch x places}, i32 or i64; one outside of the table gives NaN
   * @param tokens {@code vocabulary x features}
   * @param places {@code most places x features}
   * @param first the place of the first token
   * @return {@code batch x places x features}
   * @throws KilnException if the shapes do not fit, or there are more places than vectors for them
   */
  public static Tensor of(Tensor ids, Tensor tokens, Tensor places, long first) {
    check(ids, tokens, places, first);
    Context context = ids.context();
    var operation = Operation.of("token_embedding", tokens, places).save(ids);
    long batch = ids.dim(0);
    long length = ids.dim(1);
    long features = tokens.dim(1);
    Tensor y = context.empty(tokens.dtype(), batch, length, features);
    NdArray rows = y.array().reshape(batch * length, features);
    embedding(context).forward(tokens.array(), ids.contiguous().array(), rows);
    NdArray used = places.array().narrow(0, first, first + length);
    pointwise(context).binary(BinaryFunction.ADD, y.array(), used, y.array());
    return operation.result(
        y,
        g -> {
          NdArray dy = g.of().contiguous().array();
          g.write(
              0,
              (dtokens, add) ->
                  embedding(g.context())
                      .backward(
                          g.saved(0).contiguous().array(),
                          dy.reshape(batch * length, features),
                          1,
                          Embedding.NO_PADDING,
                          add,
                          dtokens));
          g.write(
              1,
              (dplaces, add) -> {
                if (!add && dplaces.dim(0) != length) {
                  pointwise(g.context()).ternary(TernaryFunction.WHERE, dplaces, 0, 0, dplaces);
                }
                NdArray part = dplaces.narrow(0, first, first + length);
                g.context()
                    .launcher(ColumnSums.class, ColumnSums::new)
                    .run(
                        dy.reshape(batch, length * features), add, part.reshape(length * features));
              });
        });
  }

  private static void check(Tensor ids, Tensor tokens, Tensor places, long first) {
    if (ids.rank() != 2 || ids.dtype().isFloat()) {
      throw new KilnException(
          "token_embedding: ids must be integers, batch x places, but is " + ids);
    }
    if (tokens.rank() != 2 || places.rank() != 2 || tokens.dim(1) != places.dim(1)) {
      throw new KilnException(
          "token_embedding: %s and %s must be matrices with as many columns"
              .formatted(tokens, places));
    }
    if (first < 0 || first + ids.dim(1) > places.dim(0)) {
      throw new KilnException(
          "token_embedding: places %d to %d go beyond the %d of %s"
              .formatted(first, first + ids.dim(1), places.dim(0), places));
    }
  }

  private static Embedding embedding(Context context) {
    return context.launcher(Embedding.class, Embedding::new);
  }

  private static Pointwise pointwise(Context context) {
    return context.launcher(Pointwise.class, Pointwise::new);
  }
}
