package dev.kiln.kernels.normalization;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Batch norm, with a fused activation: {@code y = activation((x - mean) / sqrt(var + eps) w + b)},
 * mean and variance of each channel over samples and places (Ioffe and Szegedy, "Batch
 * Normalization", 2015).
 *
 * <p>Training takes them from the batch and moves the running ones: {@code running = (1 - momentum)
 * running + momentum batch}, where the running variance is the unbiased one, as in PyTorch.
 * Inference uses the running ones.
 *
 * <p>Arrays are contiguous, fp32, fp16, bf16 or fp64. Weight and bias are vectors of any of these
 * dtypes, or null for 1 and 0; statistics are vectors of fp32, beside fp64 fp64. Empty arrays are
 * left alone, statistics too; gradients of parameters are 0 then. Not thread-safe.
 */
public final class BatchNorm implements AutoCloseable {
  private static final String NAME = "BatchNorm";
  private static final String FILE = "batch_norm.py";
  private static final int MERGE_BLOCK = 256;

  /** Programs that take statistics, at least if there is so much work. */
  private static final int PROGRAMS_ON_CPU = 16;

  private static final int PROGRAMS_ON_GPU = 512;

  private final KernelCall statistics;
  private final KernelCall mergeStatistics;
  private final KernelCall forward;
  private final KernelCall gradients;
  private final KernelCall mergeGradients;
  private final KernelCall backward;
  private final Workspace parts;
  private final Workspace totals;
  private final int programs;

  /**
   * @param eps added to the variance, at least 0
   * @param momentum the share of the batch in the running statistics, 0 to 1
   * @param activation applied in the end
   */
  public record Options(ChannelLayout layout, double eps, double momentum, Activation activation) {
    public Options {
      Statistics.checkEps(NAME, eps);
      if (!(momentum >= 0 && momentum <= 1)) {
        throw Check.fault(NAME, "momentum", "must be from 0 to 1, but is " + momentum);
      }
    }

    /** {@code eps} 1e-5, momentum 0.1, no activation. */
    public static Options of(ChannelLayout layout) {
      return new Options(layout, 1e-5, 0.1, Activation.NONE);
    }
  }

  public BatchNorm(Device device) {
    statistics = new KernelCall(FILE, "batch_statistics_kernel", device);
    mergeStatistics = new KernelCall(FILE, "merge_statistics_kernel", device);
    forward = new KernelCall(FILE, "batch_norm_forward_kernel", device);
    gradients = new KernelCall(FILE, "batch_gradients_kernel", device);
    mergeGradients = new KernelCall(FILE, "merge_gradients_kernel", device);
    backward = new KernelCall(FILE, "batch_norm_backward_kernel", device);
    parts = new Workspace(device);
    totals = new Workspace(device);
    programs = device.target().isGpu() ? PROGRAMS_ON_GPU : PROGRAMS_ON_CPU;
  }

  /**
   * With the batch's statistics.
   *
   * @param runningMean is moved towards the mean; null for none
   * @param runningVar is moved towards the unbiased variance; null together with {@code
   *     runningMean}. Needs two numbers in each channel
   * @param y of the shape and dtype of {@code x}; may be {@code x}
   * @param mean receives the mean of each channel
   * @param rstd receives {@code 1 / sqrt(var + eps)} of each channel
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void train(
      NdArray x,
      NdArray weight,
      NdArray bias,
      NdArray runningMean,
      NdArray runningVar,
      Options options,
      NdArray y,
      NdArray mean,
      NdArray rstd) {
    ChannelLayout layout = options.layout();
    check(x, weight, bias, layout);
    layout.like(NAME, "y", y, "x", x);
    long channels = layout.channels(x);
    Statistics.check(NAME, "mean", mean, x, channels);
    Statistics.check(NAME, "rstd", rstd, x, channels);
    if (runningMean != null || runningVar != null) {
      Statistics.check(NAME, "runningMean", runningMean, x, channels);
      Statistics.check(NAME, "runningVar", runningVar, x, channels);
      if (layout.perChannel(x) == 1) {
        throw Check.fault(
            NAME, "x", "must have two numbers in a channel for a running variance, but is " + x);
      }
    }
    if (x.size() == 0) {
      return;
    }
    var split = new Split(layout, x, programs);
    DType compute = Statistics.compute(x);
    NdArray partial = parts.array(compute, split.parts(), 3 * channels + 1);
    split.extents(statistics.start().array(x).array(partial), layout, x);
    split.over(split.blocks(statistics, compute));
    mergeStatistics
        .start()
        .array(partial)
        .array(mean)
        .array(rstd)
        .array(runningMean)
        .array(runningVar)
        .integer(split.parts())
        .integer(channels)
        .number(compute, options.eps())
        .number(compute, options.momentum())
        .constant(compute)
        .constant(MERGE_BLOCK)
        .over(Grid.cdiv(channels, MERGE_BLOCK));
    apply(x, weight, bias, mean, rstd, false, options, y);
  }

  /**
   * With given statistics.
   *
   * @param mean of each channel
   * @param var variance of each channel
   * @param y of the shape and dtype of {@code x}; may be {@code x}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void infer(
      NdArray x,
      NdArray weight,
      NdArray bias,
      NdArray mean,
      NdArray var,
      Options options,
      NdArray y) {
    ChannelLayout layout = options.layout();
    check(x, weight, bias, layout);
    layout.like(NAME, "y", y, "x", x);
    Statistics.check(NAME, "mean", mean, x, layout.channels(x));
    Statistics.check(NAME, "var", var, x, layout.channels(x));
    if (x.size() != 0) {
      apply(x, weight, bias, mean, var, true, options, y);
    }
  }

  /**
   * The gradients after {@link #train}.
   *
   * @param dy the gradient of {@code y}
   * @param mean from {@link #train}
   * @param rstd from {@link #train}
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
    backward(dy, x, weight, bias, mean, "rstd", rstd, false, options, dx, dweight, dbias);
  }

  /**
   * The gradients after {@link #infer}; arguments as in {@link #backward}.
   *
   * @param var as given to {@link #infer}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void backwardOfInference(
      NdArray dy,
      NdArray x,
      NdArray weight,
      NdArray bias,
      NdArray mean,
      NdArray var,
      Options options,
      NdArray dx,
      NdArray dweight,
      NdArray dbias) {
    backward(dy, x, weight, bias, mean, "var", var, true, options, dx, dweight, dbias);
  }

  private void backward(
      NdArray dy,
      NdArray x,
      NdArray weight,
      NdArray bias,
      NdArray mean,
      String rstdName,
      NdArray rstd,
      boolean isVariance,
      Options options,
      NdArray dx,
      NdArray dweight,
      NdArray dbias) {
    ChannelLayout layout = options.layout();
    check(x, weight, bias, layout);
    layout.like(NAME, "dy", dy, "x", x);
    layout.like(NAME, "dx", dx, "x", x);
    long channels = layout.channels(x);
    Statistics.check(NAME, "mean", mean, x, channels);
    Statistics.check(NAME, rstdName, rstd, x, channels);
    Statistics.checkParameter(NAME, "dweight", dweight, channels);
    Statistics.checkParameter(NAME, "dbias", dbias, channels);
    if (channels == 0) {
      return;
    }
    var split = new Split(layout, x, programs);
    DType compute = Statistics.compute(x);
    NdArray partial = parts.array(compute, split.parts(), 2 * channels);
    NdArray total = totals.array(compute, 2 * channels);
    gradients.start().array(dy).array(x).array(mean).array(rstd).array(weight).array(bias);
    split.extents(gradients.array(partial), layout, x).number(compute, options.eps());
    split.over(split.blocks(how(gradients, options, isVariance), compute));
    mergeGradients
        .start()
        .array(partial)
        .array(total)
        .array(dweight)
        .array(dbias)
        .integer(split.parts())
        .integer(channels)
        .constant(compute)
        .constant(MERGE_BLOCK)
        .over(Grid.cdiv(channels, MERGE_BLOCK));
    if (x.size() == 0) {
      return;
    }
    backward.start().array(dy).array(x).array(mean).array(rstd).array(weight).array(bias);
    split
        .strides(backward.array(total).array(dx), layout, x)
        .number(compute, options.eps())
        .number(compute, 1.0 / layout.perChannel(x));
    split.overAll(split.blocks(how(backward, options, isVariance), compute));
  }

  private void apply(
      NdArray x,
      NdArray weight,
      NdArray bias,
      NdArray mean,
      NdArray rstd,
      boolean isVariance,
      Options options,
      NdArray y) {
    var split = new Split(options.layout(), x, programs);
    DType compute = Statistics.compute(x);
    forward.start().array(x).array(mean).array(rstd).array(weight).array(bias).array(y);
    split.strides(forward, options.layout(), x).number(compute, options.eps());
    split.overAll(split.blocks(how(forward, options, isVariance), compute));
  }

  private static KernelCall how(KernelCall call, Options options, boolean isVariance) {
    return call.constant(options.activation().kernelName()).constant(isVariance);
  }

  private static void check(NdArray x, NdArray weight, NdArray bias, ChannelLayout layout) {
    layout.check(NAME, "x", x);
    Statistics.checkParameter(NAME, "weight", weight, layout.channels(x));
    Statistics.checkParameter(NAME, "bias", bias, layout.channels(x));
  }

  @Override
  public void close() {
    parts.close();
    totals.close();
  }
}
