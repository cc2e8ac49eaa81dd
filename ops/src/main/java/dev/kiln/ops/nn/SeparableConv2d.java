package dev.kiln.ops.nn;

import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;

/**
 * A convolution of each channel by itself, then one of single pixels across channels (Chollet,
 * 2017). Children {@code depthwise} and {@code pointwise}.
 */
public final class SeparableConv2d extends Layer {
  private final Conv2d depthwise;
  private final Conv2d pointwise;

  /**
   * @param options of the first convolution, groups aside; both have a bias or none
   */
  public SeparableConv2d(Context context, long inputs, long outputs, ConvOptions options) {
    super(context);
    int channels = Math.toIntExact(inputs);
    depthwise =
        child("depthwise", new Conv2d(context, inputs, inputs, options.withGroups(channels)));
    ConvOptions single = ConvOptions.kernel(1);
    pointwise =
        child(
            "pointwise",
            new Conv2d(
                context, inputs, outputs, options.hasBias() ? single : single.withoutBias()));
  }

  @Override
  protected Tensor forward(Tensor x) {
    return pointwise.apply(depthwise.apply(x));
  }
}
