package dev.kiln.ops.nn;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.List;

/**
 * The block of MobileNet v2 and EfficientNet: expand by a convolution of one pixel, convolve each
 * channel by itself, squeeze and excite, project; plus the input if shapes allow (Sandler et al.,
 * 2018; Tan and Le, 2019). Names as in torchvision: {@code block.0.0.weight} and so on.
 */
public final class MbConv extends Layer implements Counted {
  private final Sequential block;
  private final AxesDropout stochasticDepth;
  private final boolean isResidual;

  /**
   * @param expansion factor of the channels inside, at least 1; without the first convolution if 1
   * @param kernel odd
   * @param squeeze channels inside of squeeze and excitation as a part of the inputs; 0 for none
   * @param depthDrop probability that a sample skips the block in training; 0 for none
   */
  public record Options(
      int expansion,
      int kernel,
      int stride,
      double squeeze,
      Activation activation,
      double depthDrop) {
    /** Expansion 4, kernel 3, stride 1, squeeze 1/4, SiLU. */
    public static final Options DEFAULT = new Options(4, 3, 1, 0.25, Activation.SILU, 0);

    public Options withStride(int newStride) {
      return new Options(expansion, kernel, newStride, squeeze, activation, depthDrop);
    }

    public Options withExpansion(int newExpansion) {
      return new Options(newExpansion, kernel, stride, squeeze, activation, depthDrop);
    }

    public Options withDepthDrop(double probability) {
      return new Options(expansion, kernel, stride, squeeze, activation, probability);
    }
  }

  public MbConv(Context context, int inputs, int outputs, Options options) {
    super(context);
    if (options.kernel() % 2 == 0 || options.expansion() < 1) {
      throw new KilnException(
          "MbConv: the kernel must be odd and the expansion 1 or more, but they are " + options);
    }
    int inner = inputs * options.expansion();
    ConvOptions pixel = ConvOptions.kernel(1).withoutBias();
    ConvOptions spatial =
        ConvOptions.kernel(options.kernel())
            .withStride(options.stride())
            .withPadding(options.kernel() / 2)
            .withGroups(inner)
            .withoutBias();
    block = child("block", new Sequential(context));
    if (inner != inputs) {
      block.add(normed(new Conv2d(context, inputs, inner, pixel), inner, options.activation()));
    }
    block.add(normed(new Conv2d(context, inner, inner, spatial), inner, options.activation()));
    if (options.squeeze() > 0) {
      long squeezed = Math.max(1, (long) (inputs * options.squeeze()));
      block.add(new SqueezeExcitation(context, inner, squeezed, options.activation()));
    }
    block.add(normed(new Conv2d(context, inner, outputs, pixel), outputs, Activation.NONE));
    isResidual = options.stride() == 1 && inputs == outputs;
    stochasticDepth =
        child("stochastic_depth", AxesDropout.ofSamples(context, options.depthDrop()));
  }

  private Sequential normed(Conv2d convolution, long channels, Activation activation) {
    return new Sequential(context(), convolution, new BatchNorm(context(), channels, activation));
  }

  @Override
  protected Tensor forward(Tensor x) {
    Tensor y = block.apply(x);
    return isResidual ? Residual.sum(stochasticDepth.apply(y), x) : y;
  }

  @Override
  public Work work(List<Tensor> inputs, List<Tensor> outputs) {
    return Work.flops(isResidual ? outputs.getFirst().size() : 0);
  }
}
