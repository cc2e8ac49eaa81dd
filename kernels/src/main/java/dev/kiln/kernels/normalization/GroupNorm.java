package dev.kiln.kernels.normalization;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * Group norm, with a fused activation: {@code y = activation((x - mean) / sqrt(var + eps) w + b)},
 * mean and variance of each group of channels of each sample (Wu and He, "Group Normalization",
 * 2018). As many groups as channels are instance norm (Ulyanov et al., 2016).
 *
 * <p>Arrays are contiguous, fp32, fp16, bf16 or fp64. Weight and bias are vectors of any of these
 * dtypes with a number for each channel, or null for 1 and 0; statistics are vectors of {@code
 * samples groups} numbers in fp32, beside fp64 fp64. A program takes a group of a sample, so at
 * least as many groups as processors are wanted. Not thread-safe.
 */
public final class GroupNorm implements AutoCloseable {
  private static final String NAME = "GroupNorm";
  private static final String FILE = "group_norm.py";

  private final KernelCall forward;
  private final KernelCall backward;
  private final PartialSums weightSums;
  private final PartialSums biasSums;

  /**
   * @param groups must divide the number of channels
   * @param eps added to the variance, at least 0
   * @param activation applied in the end
   */
  public record Options(ChannelLayout layout, int groups, double eps, Activation activation) {
    public Options {
      Statistics.checkEps(NAME, eps);
      if (groups < 1) {
        throw Check.fault(NAME, "groups", "must be at least 1, but is " + groups);
      }
    }

    /** {@code eps} 1e-5, no activation. */
    public static Options of(ChannelLayout layout, int groups) {
      return new Options(layout, groups, 1e-5, Activation.NONE);
    }
  }

  public GroupNorm(Device device) {
    forward = new KernelCall(FILE, "group_norm_forward_kernel", device);
    backward = new KernelCall(FILE, "group_norm_backward_kernel", device);
    weightSums = new PartialSums(device);
    biasSums = new PartialSums(device);
  }

  /**
   * @param y of the shape and dtype of {@code x}; may be {@code x}
   * @param mean receives the mean of each group of each sample; null for none
   * @param rstd receives {@code 1 / sqrt(var + eps)}, likewise
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void forward(
      NdArray x,
      NdArray weight,
      NdArray bias,
      Options options,
      NdArray y,
      NdArray mean,
      NdArray rstd) {
    ChannelLayout layout = options.layout();
    check(x, weight, bias, options);
    layout.like(NAME, "y", y, "x", x);
    Statistics.checkOptional(NAME, "mean", mean, x, groups(x, options));
    Statistics.checkOptional(NAME, "rstd", rstd, x, groups(x, options));
    if (x.size() == 0) {
      return;
    }
    DType compute = Statistics.compute(x);
    forward.start().array(x).array(weight).array(bias).array(y).array(mean).array(rstd);
    extents(forward, x, options)
        .number(compute, options.eps())
        .number(compute, 1 / size(x, options));
    run(forward, x, options, compute);
  }

  /**
   * The gradients.
   *
   * @param dy the gradient of {@code y}
   * @param mean from {@link #forward}
   * @param rstd from {@link #forward}
   * @param dx receives the gradient of {@code x}; may be {@code dy}
   * @param dweight receives a number for each channel; null for none
   * @param dbias likewise
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void backward(
      NdArray dy,
      NdArray x,
      NdArray weight,
      NdArray bias,
      NdArray mean,
      NdArray rstd,
      Options options,
      NdArray dx,
      NdArray dweight,
      NdArray dbias) {
    ChannelLayout layout = options.layout();
    check(x, weight, bias, options);
    layout.like(NAME, "dy", dy, "x", x);
    layout.like(NAME, "dx", dx, "x", x);
    Statistics.check(NAME, "mean", mean, x, groups(x, options));
    Statistics.check(NAME, "rstd", rstd, x, groups(x, options));
    long channels = layout.channels(x);
    Statistics.checkParameter(NAME, "dweight", dweight, channels);
    Statistics.checkParameter(NAME, "dbias", dbias, channels);
    if (channels == 0) {
      return;
    }
    DType compute = Statistics.compute(x);
    // Without places no program would write its sums.
    long parts = x.size() == 0 ? 0 : layout.samples(x);
    NdArray weightParts = weightSums.parts(dweight, compute, parts, channels);
    NdArray biasParts = biasSums.parts(dbias, compute, parts, channels);
    if (x.size() != 0) {
      backward.start().array(dy).array(x).array(weight).array(bias).array(mean).array(rstd);
      backward.array(dx).array(weightParts).array(biasParts);
      extents(backward, x, options).number(compute, 1 / size(x, options));
      run(backward, x, options, compute);
    }
    weightSums.add(dweight, compute, parts, channels);
    biasSums.add(dbias, compute, parts, channels);
  }

  private static KernelCall extents(KernelCall call, NdArray x, Options options) {
    ChannelLayout layout = options.layout();
    return call.integer(layout.channels(x) / options.groups())
        .integer(layout.places(x))
        .integer(layout.sampleStride(x))
        .integer(layout.channelStride(x))
        .integer(layout.placeStride(x));
  }

  private static void run(KernelCall call, NdArray x, Options options, DType compute) {
    ChannelLayout layout = options.layout();
    long groupChannels = layout.channels(x) / options.groups();
    long places = layout.places(x);
    int blockChannels = layout.blockChannels(groupChannels, places);
    int blockPlaces = layout.blockPlaces(groupChannels, places);
    call.constant(options.activation().kernelName())
        .constant(compute)
        .constant(blockChannels)
        .constant(blockPlaces)
        .tuned(BlockSizes.warps((long) blockChannels * blockPlaces), 1)
        .over(options.groups(), Math.toIntExact(layout.samples(x)), 1);
  }

  private static long groups(NdArray x, Options options) {
    return options.layout().samples(x) * options.groups();
  }

  private static double size(NdArray x, Options options) {
    return (double) options.layout().channels(x) / options.groups() * options.layout().places(x);
  }

  private static void check(NdArray x, NdArray weight, NdArray bias, Options options) {
    options.layout().check(NAME, "x", x);
    long channels = options.layout().channels(x);
    if (channels % options.groups() != 0) {
      throw Check.fault(
          NAME, "x", "must have a multiple of " + options.groups() + " channels, but is " + x);
    }
    Statistics.checkParameter(NAME, "weight", weight, channels);
    Statistics.checkParameter(NAME, "bias", bias, channels);
  }

  @Override
  public void close() {
    weightSums.close();
    biasSums.close();
  }
}
