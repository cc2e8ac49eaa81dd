package dev.kiln.ops.nn;

import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Operation;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.List;

/**
 * Adds one channel that tells how much images of a group differ: the standard deviation of each
 * number over the group, averaged over all (Karras et al., 2018). In: {@code N x C x height x
 * width}; out: {@code N x (C + 1) x height x width}. Equal images give 0, with the gradient 0.
 */
public final class MinibatchStandardDeviation extends Layer implements Counted {
  private static final int OPERATIONS = 5;

  private final long groupSize;

  /** Groups of 4 images. */
  public MinibatchStandardDeviation(Context context) {
    this(context, 4);
  }

  /**
   * @param groupSize images of a group; all, if there are fewer
   */
  public MinibatchStandardDeviation(Context context, long groupSize) {
    super(context);
    this.groupSize = groupSize;
  }

  @Override
  protected Tensor forward(Tensor x) {
    long size = x.rank() == 4 ? Math.min(groupSize, x.dim(0)) : 0;
    if (size < 1 || x.dim(0) % size != 0) {
      throw new KilnException(
          "minibatch_standard_deviation: needs N x C x height x width with groups of %d, but has %s"
              .formatted(groupSize, x));
    }
    long groups = x.dim(0) / size;
    Tensor variance = x.reshape(size, groups, x.size() / x.dim(0)).variance(0, false, 0);
    Tensor mean = root(variance).mean(true, 1);
    Tensor channel =
        mean.reshape(1, groups, 1, 1, 1)
            .expand(size, groups, 1, x.dim(2), x.dim(3))
            .reshape(x.dim(0), 1, x.dim(2), x.dim(3));
    return Tensor.cat(1, x, channel);
  }

  /** The square root, whose gradient at 0 is 0: there is nothing to learn from equal images. */
  private static Tensor root(Tensor variance) {
    var operation = Operation.of("standard_deviation", variance);
    Tensor root;
    try (var _ = variance.context().noGrad()) {
      root = variance.sqrt();
    }
    return operation
        .save(root)
        .result(
            root,
            g -> {
              Tensor deviation = g.saved(0);
              Tensor slope = deviation.rdiv(0.5).maskedFill(deviation.eq(0), 0);
              g.give(0, g.of().mul(slope));
            });
  }

  @Override
  public Work work(List<Tensor> inputs, List<Tensor> outputs) {
    return Work.flops(OPERATIONS * inputs.getFirst().size());
  }
}
