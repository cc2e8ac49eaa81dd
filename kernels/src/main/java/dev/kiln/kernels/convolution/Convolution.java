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
public final class Convolution {
  private static final String NAME = "Convolution";

  private final ConvolutionKernels kernels;

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
    kernels = new ConvolutionKernels(NAME, false, device, blocks, weightBlocks);
  }

  /** {@code y} without an epilogue. */
  public void forward(NdArray x, NdArray weights, ConvolutionOptions options, NdArray y) {
    forward(x, weights, options, ConvolutionEpilogue.NONE, y);
  }

  /**
   * {@code y = activation(x * weights + bias + residual)}. Empty results are left alone; an empty
   * sum is 0.
   *
   * @param x {@code N x C x ...}, fp32, fp16, bf16 or fp64
   * @param weights {@code out x C/groups x taps...}, of the dtype of {@code x}
   * @param y {@code N x out x ...}, sizes by {@link ConvolutionAxis#outputSize}, any float dtype;
   *     fp64 if and only if {@code x} is; not {@code x}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void forward(
      NdArray x,
      NdArray weights,
      ConvolutionOptions options,
      ConvolutionEpilogue epilogue,
      NdArray y) {
    kernels.toNarrow(
        new Named("x", x), new Named("weights", weights), new Named("y", y), options, epilogue);
  }

  /**
   * {@code dx}, the gradient by the input. With an activation in the forward pass, {@code dy} is
   * the gradient of what went into the activation.
   *
   * @param dy of the shape of {@code y}
   * @param weights of the dtype of {@code dy}
   * @param dx of the shape of {@code x}, any float dtype; not {@code dy}
   * @throws dev.kiln.runtime.KilnException if an argument breaks the rules of {@link #forward}
   */
  public void dataGradient(NdArray dy, NdArray weights, ConvolutionOptions options, NdArray dx) {
    kernels.toWide(
        new Named("dx", dx),
        new Named("weights", weights),
        new Named("dy", dy),
        options,
        ConvolutionEpilogue.NONE);
  }

  /**
   * {@code dw}, the gradient by the weights.
   *
   * @param dy of the shape of {@code y}, of the dtype of {@code x}
   * @param dw of the shape of the weights, any strides, any float dtype
   * @throws dev.kiln.runtime.KilnException if an argument breaks the rules of {@link #forward}
   */
  public void weightGradient(NdArray x, NdArray dy, ConvolutionOptions options, NdArray dw) {
    kernels.weightGradient(new Named("x", x), new Named("dw", dw), new Named("dy", dy), options);
  }

  /**
   * {@code db}, the gradient by the bias: sums over images and pixels.
   *
   * @param dy {@code N x C x ...}, one to three axes of space
   * @param db {@code C} numbers, contiguous, any float dtype
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void biasGradient(NdArray dy, NdArray db) {
    kernels.biasGradient(dy, db);
  }
}
