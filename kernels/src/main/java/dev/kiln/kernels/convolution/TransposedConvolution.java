package dev.kiln.kernels.convolution;

import dev.kiln.kernels.convolution.Arguments.Named;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * Transposed convolution with its gradients: what the data gradient of a convolution computes, as a
 * layer by itself. Every element of {@code x} adds its multiple of the kernel to {@code y}, strides
 * apart. Zeiler et al., "Deconvolutional Networks", 2010.
 *
 * <p>Arrays as for {@link Convolution}. Sums are in fp32, of fp64 in fp64, always in the same
 * order. Not thread-safe.
 */
public final class TransposedConvolution extends ConvolutionLayer {
  private static final String NAME = "TransposedConvolution";

  public TransposedConvolution(Device device) {
    this(device, ConvolutionBlocks.of(device), ConvolutionBlocks.ofWeights(device));
  }

  /**
   * With block sizes of one's own.
   *
   * @param blocks of the forward pass and the data gradient
   * @param weightBlocks of the weight gradient
   */
  public TransposedConvolution(
      Device device, ConvolutionBlocks blocks, ConvolutionBlocks weightBlocks) {
    super(NAME, true, device, blocks, weightBlocks);
  }

  /**
   * {@inheritDoc}
   *
   * <p>{@code y = activation(x *T weights + bias + residual)}.
   *
   * @param weights {@code C x out/groups x taps...}, of the dtype of {@code x}
   * @param y {@code N x out x ...}, sizes by {@link ConvolutionAxis#transposedOutputSize}, any
   *     float dtype; fp64 if and only if {@code x} is; not {@code x}
   */
  @Override
  public void forward(
      NdArray x,
      NdArray weights,
      ConvolutionOptions options,
      ConvolutionEpilogue epilogue,
      NdArray y) {
    kernels.toWide(
        new Named("y", y), new Named("weights", weights), new Named("x", x), options, epilogue);
  }

  @Override
  public void dataGradient(NdArray dy, NdArray weights, ConvolutionOptions options, NdArray dx) {
    kernels.toNarrow(
        new Named("dy", dy),
        new Named("weights", weights),
        new Named("dx", dx),
        options,
        ConvolutionEpilogue.NONE);
  }

  @Override
  public void weightGradient(NdArray x, NdArray dy, ConvolutionOptions options, NdArray dw) {
    kernels.weightGradient(new Named("dy", dy), new Named("dw", dw), new Named("x", x), options);
  }
}
