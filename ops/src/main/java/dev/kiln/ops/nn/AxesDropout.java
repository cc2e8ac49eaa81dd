package dev.kiln.ops.nn;

import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;

/**
 * In training drops whole pieces of a tensor: each index of the first axes becomes 0 with
 * probability {@code p}, otherwise {@code x / (1 - p)}.
 */
public final class AxesDropout extends Layer {
  private final int axes;
  private final double p;

  private AxesDropout(Context context, int axes, double p) {
    super(context);
    this.axes = axes;
    this.p = Dropout.part(p);
  }

  /** Whole channels (Tompson et al., 2015): PyTorch's Dropout1d, 2d and 3d. */
  public static AxesDropout ofChannels(Context context, double p) {
    return new AxesDropout(context, 2, p);
  }

  /** Whole samples: the stochastic depth of a residual branch (Huang et al., 2016). */
  public static AxesDropout ofSamples(Context context, double p) {
    return new AxesDropout(context, 1, p);
  }

  @Override
  protected Tensor forward(Tensor x) {
    if (x.rank() < axes) {
      throw new KilnException("dropout: needs %d axes, but has %s".formatted(axes, x));
    }
    if (!isTraining() || p == 0) {
      return x;
    }
    long[] shape = x.shape();
    Arrays.fill(shape, axes, shape.length, 1);
    return x.mul(context().ones(x.dtype(), shape).dropout(p, true));
  }

  @Override
  public String toString() {
    return (axes == 1 ? "StochasticDepth(" : "ChannelDropout(") + p + ")";
  }
}
