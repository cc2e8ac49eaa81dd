package dev.kiln.kernels.convolution;

/**
 * How a convolution moves along one axis.
 *
 * @param stride distance between the positions of the kernel, at least 1
 * @param padding zeros in front of the first and behind the last element, at least 0
 * @param dilation distance between the kernel's taps, at least 1
 * @param outputPadding elements that a transposed convolution adds behind the last, at least 0 and
 *     less than the stride or the dilation; 0 for other convolutions
 */
public record ConvolutionAxis(int stride, int padding, int dilation, int outputPadding) {
  /** One step at a time, no padding, taps side by side. */
  public static final ConvolutionAxis DEFAULT = new ConvolutionAxis(1, 0, 1, 0);

  /**
   * Length of the output of a convolution, {@code floor((n + 2 p - d (k - 1) - 1) / s) + 1}; 0 or
   * less if the kernel does not fit.
   *
   * @param n length of the input
   * @param k taps of the kernel
   */
  public long outputSize(long n, long k) {
    return Math.floorDiv(n + 2L * padding - dilation * (k - 1) - 1, stride) + 1;
  }

  /**
   * Length of the output of a transposed convolution, {@code (n - 1) s - 2 p + d (k - 1) + output
   * padding + 1}; 0 or less if nothing is left between the paddings.
   */
  public long transposedOutputSize(long n, long k) {
    return (n - 1) * stride - 2L * padding + dilation * (k - 1) + outputPadding + 1;
  }
}
