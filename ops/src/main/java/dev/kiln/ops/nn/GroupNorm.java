package dev.kiln.ops.nn;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.normalization.ChannelLayout;
import dev.kiln.ops.function.Normalizations;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;

/**
 * Mean 0 and variance 1 of each group of channels of each sample (Wu and He, 2018). In and out:
 * {@code N x channels x ...}. Parameters {@code weight}, {@code bias}.
 */
public final class GroupNorm extends Norm {
  private final dev.kiln.kernels.normalization.GroupNorm.Options options;
  private final Tensor weight;
  private final Tensor bias;

  /** With {@code eps} 1e-5, weight and bias. */
  public GroupNorm(Context context, int groups, long channels) {
    this(context, groups, channels, 1e-5, true, Activation.NONE);
  }

  /**
   * @param hasParameters whether there are weight and bias
   * @param activation applied in the same launch
   */
  public GroupNorm(
      Context context,
      int groups,
      long channels,
      double eps,
      boolean hasParameters,
      Activation activation) {
    super(context, CENTRED);
    if (groups < 1 || channels % groups != 0) {
      throw new KilnException(
          "GroupNorm: %d groups do not divide %d channels".formatted(groups, channels));
    }
    options =
        new dev.kiln.kernels.normalization.GroupNorm.Options(
            ChannelLayout.FIRST, groups, eps, activation);
    weight =
        hasParameters
            ? parameter("weight", Initialization.constant(1).make(context, channels))
            : null;
    bias = hasParameters ? parameter("bias", Initialization.zeros().make(context, channels)) : null;
  }

  @Override
  protected Tensor forward(Tensor x) {
    return Normalizations.groupNorm(x, weight, bias, options);
  }

  @Override
  public String toString() {
    return "GroupNorm(" + options.groups() + " groups)";
  }
}
