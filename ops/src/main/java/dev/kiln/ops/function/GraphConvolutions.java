package dev.kiln.ops.function;

import dev.kiln.kernels.classical.GraphConvolution;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Operation;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;

/** Convolutions over the nodes of a graph. */
public final class GraphConvolutions {
  private static final int X = 0;
  private static final int WEIGHT = 1;
  private static final int IMPORTANCE = 2;

  private GraphConvolutions() {}

  /**
   * {@code y = (a * m) x w}: no edge where {@code a} is 0 (Kipf and Welling, 2017).
   *
   * @param adjacency {@code nodes x nodes}, fp32 or fp64; has no gradient
   * @param importance of each edge, of the shape of {@code adjacency}; null for ones
   * @param x {@code nodes x features}, or {@code batch x nodes x features}
   * @param weight {@code features x outputs}
   * @throws KilnException if the shapes do not fit
   */
  public static Tensor apply(Tensor adjacency, Tensor importance, Tensor x, Tensor weight) {
    if (adjacency.requiresGrad()) {
      throw new KilnException(
          "graph_convolution: not supported yet: a gradient of the adjacency " + adjacency);
    }
    long nodes = adjacency.rank() == 2 ? adjacency.dim(0) : -1;
    boolean fits = x.rank() == 2 || x.rank() == 3;
    fits = fits && x.dim(-2) == nodes && weight.rank() == 2 && weight.dim(0) == x.dim(-1);
    if (!fits) {
      throw new KilnException(
          "graph_convolution: %s, %s and %s do not fit: nodes x nodes, ... x nodes x features,"
                  .formatted(adjacency, x, weight)
              + " features x outputs");
    }
    Context context = x.context();
    var operation = Operation.of("graph_convolution", x, weight, importance);
    Tensor dense = x.contiguous();
    long[] shape = x.shape();
    shape[shape.length - 1] = weight.dim(1);
    Tensor y = context.empty(x.dtype(), shape);
    GraphConvolution launcher = context.launcher(GraphConvolution.class, GraphConvolution::new);
    launcher.forward(
        adjacency.array(), array(importance), dense.array(), weight.array(), y.array());
    return operation
        .save(dense, weight, importance, adjacency)
        .result(
            y,
            g -> {
              Tensor dx = g.needs(X) ? g.emptyLike(X) : null;
              Tensor dw = g.needs(WEIGHT) ? g.emptyLike(WEIGHT) : null;
              Tensor dm = g.needs(IMPORTANCE) ? g.emptyLike(IMPORTANCE) : null;
              launcher.backward(
                  g.saved(3).array(),
                  array(g.saved(2)),
                  g.saved(0).array(),
                  g.saved(1).array(),
                  g.of().contiguous().array(),
                  array(dx),
                  array(dw),
                  array(dm));
              Tensor[] all = {dx, dw, dm};
              for (int i = 0; i < all.length; i++) {
                if (all[i] != null) {
                  g.give(i, all[i]);
                }
              }
            });
  }

  private static NdArray array(Tensor tensor) {
    return tensor == null ? null : tensor.array();
  }
}
