package dev.kiln.ops.nn;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.ops.function.Pooling;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.List;

/**
 * Channels times a number between 0 and 1 that their means give: {@code x sigmoid(fc2(act(fc1(mean
 * x))))} (Hu et al., 2018). In and out: {@code N x channels x height x width}. Children {@code
 * fc1}, {@code fc2}: convolutions of one pixel, as in torchvision.
 */
public final class SqueezeExcitation extends Layer implements Counted {
  private final Conv2d fc1;
  private final Conv2d fc2;

  /** With a ReLU. */
  public SqueezeExcitation(Context context, long channels, long squeezed) {
    this(context, channels, squeezed, Activation.RELU);
  }

  /**
   * @param squeezed channels between the two
   * @param activation between the two
   */
  public SqueezeExcitation(Context context, long channels, long squeezed, Activation activation) {
    super(context);
    ConvOptions pixel = ConvOptions.kernel(1);
    fc1 = child("fc1", new Conv2d(context, channels, squeezed, pixel.withActivation(activation)));
    fc2 =
        child(
            "fc2",
            new Conv2d(context, squeezed, channels, pixel.withActivation(Activation.SIGMOID)));
  }

  @Override
  protected Tensor forward(Tensor x) {
    if (x.rank() != 4) {
      throw new KilnException("squeeze_excitation: needs N x C x height x width, but has " + x);
    }
    return x.mul(fc2.apply(fc1.apply(Pooling.adaptiveAverage(x, 1, 1))));
  }

  /** Means and products; the convolutions count for themselves. */
  @Override
  public Work work(List<Tensor> inputs, List<Tensor> outputs) {
    return Work.flops(2 * inputs.getFirst().size());
  }
}
