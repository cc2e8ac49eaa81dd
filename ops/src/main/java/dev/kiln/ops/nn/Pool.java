package dev.kiln.ops.nn;

import dev.kiln.kernels.pooling.PoolingOptions;
import dev.kiln.kernels.pooling.PoolingWindow;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import java.util.List;

/**
 * The largest number or the mean of each window, of one to three axes. In: {@code N x C x ...};
 * out: {@code N x C x ...}. The work of a result is an operation for each element of its window.
 */
public abstract sealed class Pool extends Layer implements Counted, Windowed
    permits MaxPool, AveragePool {
  private final PoolingOptions options;

  Pool(Context context, PoolingOptions options) {
    super(context);
    this.options = options;
  }

  abstract Tensor pooled(Tensor x, PoolingOptions options);

  @Override
  protected final Tensor forward(Tensor x) {
    return pooled(x, options);
  }

  @Override
  public final Work work(List<Tensor> inputs, List<Tensor> outputs) {
    long perWindow =
        options.windows().stream().mapToLong(PoolingWindow::size).reduce(1, (a, b) -> a * b);
    return Work.flops(outputs.getFirst().size() * perWindow);
  }

  @Override
  public final List<Reach> windows() {
    return options.windows().stream()
        .map(window -> Reach.of(window.size(), window.stride(), window.dilation()))
        .toList();
  }

  @Override
  public final String toString() {
    return getClass().getSimpleName()
        + options.windows().stream().map(w -> w.size() + "/" + w.stride()).toList();
  }
}
