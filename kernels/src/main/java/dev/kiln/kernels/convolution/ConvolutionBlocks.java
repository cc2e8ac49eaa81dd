package dev.kiln.kernels.convolution;

import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.runtime.Device;

/**
 * Largest sizes of a program's tile, powers of two of at least 16; smaller problems take smaller
 * ones.
 *
 * @param pixels positions of the output; in the weight gradient, positions that are added at a time
 * @param out channels of the result
 * @param in channels that are summed; in the weight gradient, channels of {@code x}
 */
public record ConvolutionBlocks(int pixels, int out, int in) {
  private static final ConvolutionBlocks CPU = new ConvolutionBlocks(512, 128, 128);
  private static final ConvolutionBlocks CPU_WEIGHTS = new ConvolutionBlocks(512, 128, 128);
  private static final ConvolutionBlocks GPU = new ConvolutionBlocks(128, 64, 32);
  private static final ConvolutionBlocks GPU_WEIGHTS = new ConvolutionBlocks(32, 64, 64);
  private static final int SMALLEST = 16;
  private static final int FEWEST_PROGRAMS = 8;

  static ConvolutionBlocks of(Device device) {
    return device.target().isGpu() ? GPU : CPU;
  }

  static ConvolutionBlocks ofWeights(Device device) {
    return device.target().isGpu() ? GPU_WEIGHTS : CPU_WEIGHTS;
  }

  int pixels(long count) {
    return BlockSizes.around(count, SMALLEST, pixels);
  }

  /** Smaller, if else there were too few programs for several threads. */
  int pixels(long count, long programsForEach) {
    return pixels(Math.ceilDiv(count * programsForEach, FEWEST_PROGRAMS));
  }

  int out(long channels) {
    return BlockSizes.around(channels, SMALLEST, out);
  }

  int in(long channels) {
    return BlockSizes.around(channels, SMALLEST, in);
  }
}
