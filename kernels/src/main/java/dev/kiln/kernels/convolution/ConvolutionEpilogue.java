package dev.kiln.kernels.convolution;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.runtime.NdArray;

/**
 * What is done to sums before they are stored: {@code pre = sum + bias + residual}, {@code y =
 * activation(pre)}.
 *
 * @param bias a number for each channel of {@code y}, contiguous, of any float dtype; or null
 * @param residual of the shape and strides of {@code y}, any float dtype; may be {@code y}; or null
 * @param activation with its usual numbers
 * @param pre receives what the backward pass of the activation needs, with the shape and strides of
 *     {@code y}; or null
 */
public record ConvolutionEpilogue(
    NdArray bias, NdArray residual, Activation activation, NdArray pre) {
  /** Nothing. */
  public static final ConvolutionEpilogue NONE =
      new ConvolutionEpilogue(null, null, Activation.NONE, null);

  /** A bias alone. */
  public static ConvolutionEpilogue bias(NdArray bias) {
    return new ConvolutionEpilogue(bias, null, Activation.NONE, null);
  }

  /** A bias and an activation. */
  public static ConvolutionEpilogue bias(NdArray bias, Activation activation) {
    return new ConvolutionEpilogue(bias, null, activation, null);
  }
}
