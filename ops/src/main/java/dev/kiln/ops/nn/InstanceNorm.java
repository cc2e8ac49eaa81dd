package dev.kiln.ops.nn;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.normalization.ChannelLayout;
import dev.kiln.kernels.normalization.GroupNorm;
import dev.kiln.ops.function.Normalizations;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;

/**
 * Mean 0 and variance 1 of each channel of each sample (Ulyanov et al., 2016). In and out: {@code N
 * x channels x ...}. As in PyTorch without parameters unless asked for.
 */
public final class InstanceNorm extends Norm {
  private static final double EPS = 1e-5;

  private final GroupNorm.Options options;
  private final long channels;
  private final Tensor weight;
  private final Tensor bias;

  public InstanceNorm(Context context, int channels) {
    this(context, channels, false);
  }

  /**
   * @param hasParameters whether there are weight and bias
   */
  public InstanceNorm(Context context, int channels, boolean hasParameters) {
    super(context, CENTRED);
    this.channels = channels;
    options = new GroupNorm.Options(ChannelLayout.FIRST, channels, EPS, Activation.NONE);
    weight =
        hasParameters
            ? parameter("weight", Initialization.constant(1).make(context, channels))
            : null;
    bias = hasParameters ? parameter("bias", Initialization.zeros().make(context, channels)) : null;
  }

  @Override
  protected Tensor forward(Tensor x) {
    if (x.rank() < 3 || x.dim(1) != channels) {
      throw new KilnException(
          "instance_norm: needs N x %d x places, but has %s".formatted(channels, x));
    }
    return Normalizations.groupNorm(x, weight, bias, options);
  }

  @Override
  public String toString() {
    return "InstanceNorm(" + channels + ")";
  }
}
