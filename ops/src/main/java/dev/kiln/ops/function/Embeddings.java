package dev.kiln.ops.function;

import dev.kiln.kernels.embedding.Embedding;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Operation;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;

/** Rows of tables by index. */
public final class Embeddings {
  /** No index is padding. */
  public static final long NO_PADDING = Embedding.NO_PADDING;

  private Embeddings() {}

  /** {@link #embedding(Tensor, Tensor, double, long)} without a factor and padding. */
  public static Tensor embedding(Tensor indices, Tensor table) {
    return embedding(indices, table, 1, NO_PADDING);
  }

  /**
   * {@code y[...] = scale table[indices[...]]}. An index outside the table gives NaN.
   *
   * @param indices i32 or i64, any shape
   * @param table {@code rows x columns}
   * @param padding a row without a gradient, or {@link #NO_PADDING}
   * @return the shape of {@code indices} with {@code columns} behind
   * @throws KilnException if the shapes or dtypes do not fit
   */
  public static Tensor embedding(Tensor indices, Tensor table, double scale, long padding) {
    if (table.rank() != 2 || indices.dtype().isFloat()) {
      throw new KilnException(
          "embedding: needs integers and a matrix, but has %s and %s".formatted(indices, table));
    }
    Context context = table.context();
    var operation = Operation.of("embedding", table, indices);
    long[] shape = Arrays.copyOf(indices.shape(), indices.rank() + 1);
    shape[indices.rank()] = table.dim(1);
    Tensor y = context.empty(table.dtype(), shape);
    Tensor dense = indices.contiguous();
    Embedding launcher = context.launcher(Embedding.class, Embedding::new);
    launcher.forward(table.array(), dense.array(), scale, rows(y, dense));
    return operation
        .save(dense)
        .result(
            y,
            g -> {
              Tensor dy = g.of().contiguous();
              NdArray places = g.saved(0).array();
              g.write(
                  0,
                  (dtable, add) ->
                      launcher.backward(places, rows(dy, g.saved(0)), scale, padding, add, dtable));
            });
  }

  private static NdArray rows(Tensor y, Tensor indices) {
    return y.array().reshape(indices.size(), y.dim(-1));
  }
}
