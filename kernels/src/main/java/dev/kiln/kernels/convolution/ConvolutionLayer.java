package dev.kiln.kernels.convolution;

import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/** What {@link Convolution} and {@link TransposedConvolution} offer alike. Not thread-safe. */
public abstract sealed class ConvolutionLayer permits Convolution, TransposedConvolution {
  final ConvolutionKernels kernels;

  ConvolutionLayer(
      String name,
      boolean isTransposed,
      Device device,
      ConvolutionBlocks blocks,
      ConvolutionBlocks weightBlocks) {
    kernels = new ConvolutionKernels(name, isTransposed, device, blocks, weightBlocks);
  }

  /** {@code y} without an epilogue. */
  public final void forward(NdArray x, NdArray weights, ConvolutionOptions options, NdArray y) {
    forward(x, weights, options, ConvolutionEpilogue.NONE, y);
  }

  /**
   * {@code y}. Empty results are left alone; an empty sum is 0.
   *
   * @param x {@code N x C x ...}, fp32, fp16, bf16 or fp64
   * @param weights as the subclass says, of the dtype of {@code x}
   * @param y {@code N x out x ...}, sizes as the subclass says, any float dtype; fp64 if and only
   *     if {@code x} is; not {@code x}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public abstract void forward(
      NdArray x,
      NdArray weights,
      ConvolutionOptions options,
      ConvolutionEpilogue epilogue,
      NdArray y);

  /**
   * {@code dx}, the gradient by the input. With an activation in the forward pass, {@code dy} is
   * the gradient of what went into the activation.
   *
   * @param dy of the shape of {@code y}
   * @param weights of the dtype of {@code dy}
   * @param dx of the shape of {@code x}, any float dtype; not {@code dy}
   * @throws dev.kiln.runtime.KilnException if an argument breaks the rules of {@link #forward}
   */
  public abstract void dataGradient(
      NdArray dy, NdArray weights, ConvolutionOptions options, NdArray dx);

  /**
   * {@code dw}, the gradient by the weights.
   *
   * @param dy of the shape of {@code y}, of the dtype of {@code x}
   * @param dw of the shape of the weights, any strides, any float dtype
   * @throws dev.kiln.runtime.KilnException if an argument breaks the rules of {@link #forward}
   */
  public abstract void weightGradient(
      NdArray x, NdArray dy, ConvolutionOptions options, NdArray dw);

  /**
   * {@code db}, the gradient by the bias: sums over images and pixels.
   *
   * @param dy {@code N x C x ...}, one to three axes of space
   * @param db {@code C} numbers, contiguous, any float dtype
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public final void biasGradient(NdArray dy, NdArray db) {
    kernels.biasGradient(dy, db);
  }
}
