package dev.kiln.kernels.convolution;

import java.util.Collections;
import java.util.List;

/**
 * What a convolution does, apart from its arrays.
 *
 * @param axes one to three, in the order of the arrays' axes: depth, height, width
 * @param groups channels in and out are divided among so many independent convolutions, at least 1
 */
public record ConvolutionOptions(List<ConvolutionAxis> axes, int groups) {
  public ConvolutionOptions {
    axes = List.copyOf(axes);
  }

  /** The same along every axis, one group. */
  public static ConvolutionOptions of(int rank, ConvolutionAxis axis) {
    return new ConvolutionOptions(Collections.nCopies(rank, axis), 1);
  }

  /** The same stride and padding along every axis, one group. */
  public static ConvolutionOptions of(int rank, int stride, int padding) {
    return of(rank, new ConvolutionAxis(stride, padding, 1, 0));
  }

  public ConvolutionOptions withGroups(int newGroups) {
    return new ConvolutionOptions(axes, newGroups);
  }
}
