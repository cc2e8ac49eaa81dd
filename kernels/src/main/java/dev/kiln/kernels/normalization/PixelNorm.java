package dev.kiln.kernels.normalization;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Pixel norm: {@code y = x / sqrt(mean(x^2) + eps)}, the mean over the channels at each place
 * (Karras et al., "Progressive Growing of GANs", 2018, with {@code eps} 1e-8).
 *
 * <p>Arrays are contiguous, fp32, fp16, bf16 or fp64. Not thread-safe.
 */
public final class PixelNorm {
  private static final String NAME = "PixelNorm";
  private static final String FILE = "pixel_norm.py";

  private final KernelCall forward;
  private final KernelCall backward;

  public PixelNorm(Device device) {
    forward = new KernelCall(FILE, "pixel_norm_forward_kernel", device);
    backward = new KernelCall(FILE, "pixel_norm_backward_kernel", device);
  }

  /**
   * @param y of the shape and dtype of {@code x}; may be {@code x}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void forward(NdArray x, ChannelLayout layout, double eps, NdArray y) {
    layout.check(NAME, "x", x);
    layout.like(NAME, "y", y, "x", x);
    Statistics.checkEps(NAME, eps);
    forward.start().array(x).array(y);
    run(forward, x, layout, eps);
  }

  /**
   * @param dy the gradient of {@code y}
   * @param x what went in
   * @param dx receives the gradient of {@code x}; may be {@code dy}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void backward(NdArray dy, NdArray x, ChannelLayout layout, double eps, NdArray dx) {
    layout.check(NAME, "x", x);
    layout.like(NAME, "dy", dy, "x", x);
    layout.like(NAME, "dx", dx, "x", x);
    Statistics.checkEps(NAME, eps);
    backward.start().array(dy).array(x).array(dx);
    run(backward, x, layout, eps);
  }

  private static void run(KernelCall call, NdArray x, ChannelLayout layout, double eps) {
    if (x.size() == 0) {
      return;
    }
    // Places of all samples follow each other where the channels come last.
    boolean last = layout == ChannelLayout.LAST;
    long places = last ? layout.perChannel(x) : layout.places(x);
    long channels = layout.channels(x);
    int blockChannels = layout.blockChannels(channels, places);
    int blockPlaces = layout.blockPlaces(channels, places);
    DType compute = Statistics.compute(x);
    call.integer(channels)
        .integer(places)
        .integer(layout.sampleStride(x))
        .integer(layout.channelStride(x))
        .integer(layout.placeStride(x))
        .number(compute, eps)
        .number(compute, 1.0 / channels)
        .constant(compute)
        .constant(blockChannels)
        .constant(blockPlaces)
        .tuned(BlockSizes.warps((long) blockChannels * blockPlaces), 1)
        .over(Grid.cdiv(places, blockPlaces), last ? 1 : Math.toIntExact(layout.samples(x)), 1);
  }
}
