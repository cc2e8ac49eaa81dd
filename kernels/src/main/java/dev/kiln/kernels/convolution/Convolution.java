package dev.kiln.kernels.convolution;

import dev.kiln.kernels.convolution.Arguments.Named;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * Convolution (in fact correlation, as in all of deep learning) of one to three axes with its
 * gradients: stride, padding, dilation, groups; fused bias, residual and activation.
 *
 * <p>Arrays have PyTorch's logical order and any strides. Fastest are images whose channels are
 * contiguous (NHWC) and weights whose outputs are; other operands are copied into that order first.
 * A group of a single channel in has a kernel of its own (depthwise), which is fast in NCHW, too.
 * Sums are in fp32, of fp64 in fp64, always in the same order. Not thread-safe.
 */
public final class Convolution extends ConvolutionLayer {
  private static final String NAME = "Convolution";

  public Convolution(Device device) {
    this(device, ConvolutionBlocks.of(device), ConvolutionBlocks.ofWeights(device));
  }

  /**
   * With block sizes of one's own.
   *
   * @param blocks of the forward pass and the data gradient
   * @param weightBlocks of the weight gradient
   */
  public Convolution(Device device, ConvolutionBlocks blocks, ConvolutionBlocks weightBlocks) {
    super(NAME, false, device, blocks, weightBlocks);
  }

  /**
   * {@inheritDoc}
   *
   * <p>{@code y = activation(x * weights + bias + residual)}.
   *
   * @param weights {@code out x C/groups x taps...}, of the dtype of {@code x}
   * @param y {@code N x out x ...}, sizes by {@link ConvolutionAxis#outputSize}, any float dtype;
   *     fp64 if and only if {@code x} is; not {@code x}
   */
  @Override
  public void forward(
      NdArray x,
      NdArray weights,
      ConvolutionOptions options,
      ConvolutionEpilogue epilogue,
      NdArray y) {
    kernels.toNarrow(
        new Named("x", x), new Named("weights", weights), new Named("y", y), options, epilogue);
  }

  @Override
  public void dataGradient(NdArray dy, NdArray weights, ConvolutionOptions options, NdArray dx) {
    kernels.toWide(
        new Named("dx", dx),
        new Named("weights", weights),
        new Named("dy", dy),
        options,
        ConvolutionEpilogue.NONE);
  }

  @Override
  public void weightGradient(NdArray x, NdArray dy, ConvolutionOptions options, NdArray dw) {
    kernels.weightGradient(new Named("x", x), new Named("dw", dw), new Named("dy", dy), options);
  }
}
