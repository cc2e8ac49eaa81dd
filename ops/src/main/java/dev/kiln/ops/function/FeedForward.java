package dev.kiln.ops.function;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.product.Epilogue;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.kernels.reduction.ColumnSums;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Gradients;
import dev.kiln.ops.tensor.Operation;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;

/** Two linear layers with an activation between them, as in every block of a Transformer. */
public final class FeedForward {
  private static final int INPUT = 0;
  private static final int UP = 1;
  private static final int UP_BIAS = 2;
  private static final int DOWN = 3;
  private static final int DOWN_BIAS = 4;
  private static final int SAVED_PRE = 3;
  private static final int SAVED_HIDDEN = 4;

  private FeedForward() {}

  /**
   * {@code activation(x up^T + upBias) down^T + downBias}. The activation is part of the first
   * product, and its derivative part of the second one's gradient.
   *
   * @param x {@code ... x inputs}
   * @param up {@code hidden x inputs}
   * @param upBias {@code hidden}, or null
   * @param down {@code outputs x hidden}
   * @param downBias {@code outputs}, or null
   * @return {@code ... x outputs}
   * @throws KilnException if the shapes do not fit
   */
  public static Tensor apply(
      Tensor x, Tensor up, Tensor upBias, Activation activation, Tensor down, Tensor downBias) {
    check(x, up, down);
    Context context = x.context();
    Tensor[] in = context.cast("linear", x, up, upBias, down, downBias);
    var operation = Operation.of("feed_forward", in);
    NdArray xs = rows(in[INPUT].contiguous().array());
    Tensor hidden = context.empty(in[INPUT].dtype(), xs.dim(0), up.dim(0));
    Tensor pre =
        operation.isRecorded() && activation != Activation.NONE
            ? context.empty(hidden.dtype(), hidden.shape())
            : null;
    Matmul matmul = matmul(context);
    matmul.run(
        xs,
        in[UP].array().permute(1, 0),
        orNull(in[UP_BIAS]),
        activation,
        hidden.array(),
        orNull(pre));
    long[] shape = x.shape();
    shape[shape.length - 1] = down.dim(0);
    Tensor y = context.empty(hidden.dtype(), shape);
    matmul.run(
        hidden.array(),
        in[DOWN].array().permute(1, 0),
        orNull(in[DOWN_BIAS]),
        Activation.NONE,
        rows(y.array()));
    operation.save(in[INPUT], in[UP], in[DOWN], pre, hidden);
    return operation.result(y, g -> backward(g, activation));
  }

  private static void backward(Gradients g, Activation activation) {
    Context context = g.context();
    Matmul matmul = matmul(context);
    NdArray dy = rows(g.of().contiguous().array());
    NdArray hidden = g.saved(SAVED_HIDDEN).array();
    g.write(DOWN, (dw, add) -> matmul.run(dy.permute(1, 0), hidden, adding(add), dw));
    g.write(DOWN_BIAS, (db, add) -> columnSums(context).run(dy, add, db));
    if (!g.needs(INPUT) && !g.needs(UP) && !g.needs(UP_BIAS)) {
      return;
    }
    NdArray dpre = context.empty(g.of().dtype(), g.saved(SAVED_HIDDEN).shape()).array();
    Tensor pre = g.saved(SAVED_PRE);
    matmul.run(
        dy,
        g.saved(2).array(),
        pre == null ? Epilogue.NONE : Epilogue.gradient(activation, pre.array()),
        dpre);
    NdArray x = rows(g.saved(INPUT).contiguous().array());
    g.write(UP, (dw, add) -> matmul.run(dpre.permute(1, 0), x, adding(add), dw));
    g.write(UP_BIAS, (db, add) -> columnSums(context).run(dpre, add, db));
    NdArray up = g.saved(UP).array();
    g.write(INPUT, (dx, add) -> matmul.run(dpre, up, adding(add), rows(dx)));
  }

  private static void check(Tensor x, Tensor up, Tensor down) {
    boolean fits = x.rank() >= 1 && up.rank() == 2 && down.rank() == 2;
    if (!fits || x.dim(-1) != up.dim(1) || up.dim(0) != down.dim(1)) {
      throw new KilnException(
          "feed_forward: the last axis of %s must be that of %s, whose first must be the last of %s"
              .formatted(x, up, down));
    }
  }

  private static Epilogue adding(boolean add) {
    return add ? Epilogue.ADD : Epilogue.NONE;
  }

  private static Matmul matmul(Context context) {
    return context.launcher(Matmul.class, Matmul::new);
  }

  private static ColumnSums columnSums(Context context) {
    return context.launcher(ColumnSums.class, ColumnSums::new);
  }

  private static NdArray orNull(Tensor tensor) {
    return tensor == null ? null : tensor.array();
  }

  /** All axes but the last as one. */
  private static NdArray rows(NdArray x) {
    return x.rank() == 2 ? x : x.reshape(-1, x.dim(-1));
  }
}
