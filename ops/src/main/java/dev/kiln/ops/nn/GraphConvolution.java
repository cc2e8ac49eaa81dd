package dev.kiln.ops.nn;

import dev.kiln.ops.function.GraphConvolutions;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * {@code y = (A * M) x W}: what the neighbours in a graph hold, each edge weighed by its learned
 * importance (Kipf and Welling, 2017; Yan et al., 2018). In: {@code ... nodes x inputs}; out:
 * {@code ... nodes x outputs}. Parameters {@code weight} ({@code inputs x outputs}) and {@code
 * edge_importance}, which starts as ones; buffer {@code A}.
 */
public final class GraphConvolution extends Layer implements Counted {
  private final Tensor adjacency;
  private final Tensor importance;
  private final Tensor weight;

  /**
   * @param adjacency {@code nodes x nodes}, normalised; copied
   * @param hasImportance whether edges have a learned weight
   */
  public GraphConvolution(
      Context context, Tensor adjacency, long inputs, long outputs, boolean hasImportance) {
    super(context);
    Tensor copy = context.empty(adjacency.dtype(), adjacency.shape()).copyFrom(adjacency);
    this.adjacency = buffer("A", copy);
    weight = parameter("weight", Initialization.xavierUniform(1).make(context, inputs, outputs));
    importance =
        hasImportance
            ? parameter(
                "edge_importance", Initialization.constant(1).make(context, adjacency.shape()))
            : null;
  }

  @Override
  protected Tensor forward(Tensor x) {
    return GraphConvolutions.apply(adjacency, importance, x, weight);
  }

  @Override
  public Work work(List<Tensor> inputs, List<Tensor> outputs) {
    long features = outputs.getFirst().size() * weight.dim(0);
    long nodes = outputs.getFirst().size() * adjacency.dim(0);
    return Work.macs(features + nodes).plus(Work.flops(importance == null ? 0 : importance.size()));
  }

  @Override
  public String toString() {
    return "GraphConvolution(%d -> %d, %s)"
        .formatted(weight.dim(0), weight.dim(1), Arrays.toString(adjacency.shape()));
  }
}
