package dev.kiln.ops.function;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.normalization.BatchNorm;
import dev.kiln.kernels.normalization.ChannelLayout;
import dev.kiln.kernels.normalization.GroupNorm;
import dev.kiln.kernels.normalization.LayerNorm;
import dev.kiln.kernels.normalization.PixelNorm;
import dev.kiln.kernels.normalization.RmsNorm;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Gradients;
import dev.kiln.ops.tensor.Operation;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;

/**
 * Norms of rows and of channels. Statistics are fp32, beside fp64 fp64. Weight and bias may be of
 * another float dtype than the numbers.
 */
public final class Normalizations {
  private static final int X = 0;
  private static final int WEIGHT = 1;
  private static final int BIAS = 2;
  private static final int CHANNELS_SAVED = 5;

  private Normalizations() {}

  /**
   * {@code (x - mean) / sqrt(variance + eps) weight + bias} over the last axis (Ba, Kiros and
   * Hinton, 2016).
   *
   * @param weight a number for each column; null for 1
   * @param bias a number for each column; null for 0
   * @throws KilnException if the shapes do not fit
   */
  public static Tensor layerNorm(Tensor x, Tensor weight, Tensor bias, double eps) {
    requireColumns("layer_norm", x, weight, bias);
    Tensor[] in = x.context().cast("layer_norm", x, weight, bias);
    var operation = Operation.of("layer_norm", in);
    Tensor dense = in[X].contiguous();
    Tensor y = like(dense);
    Tensor mean = statistic(operation, dense, rows(dense));
    Tensor rstd = statistic(operation, dense, rows(dense));
    LayerNorm launcher = x.context().launcher(LayerNorm.class, LayerNorm::new);
    launcher.forward(
        dense.array(),
        array(in[WEIGHT]),
        array(in[BIAS]),
        eps,
        y.array(),
        array(mean),
        array(rstd));
    return operation
        .save(dense, in[WEIGHT], mean, rstd)
        .result(
            y,
            g ->
                parameterGradients(
                    g,
                    (dy, dx, dweight, dbias) ->
                        launcher.backward(
                            dy,
                            g.saved(0).array(),
                            array(g.saved(1)),
                            g.saved(2).array(),
                            g.saved(3).array(),
                            null,
                            dx,
                            dweight,
                            dbias)));
  }

  /**
   * {@code x / sqrt(mean(x^2) + eps) weight} over the last axis (Zhang and Sennrich, 2019).
   *
   * @param weight a number for each column; null for 1
   * @throws KilnException if the shapes do not fit
   */
  public static Tensor rmsNorm(Tensor x, Tensor weight, double eps) {
    requireColumns("rms_norm", x, weight, null);
    Tensor[] in = x.context().cast("rms_norm", x, weight, null);
    var operation = Operation.of("rms_norm", in);
    Tensor dense = in[X].contiguous();
    Tensor y = like(dense);
    Tensor rstd = statistic(operation, dense, rows(dense));
    RmsNorm launcher = x.context().launcher(RmsNorm.class, RmsNorm::new);
    launcher.forward(dense.array(), array(in[WEIGHT]), eps, y.array(), array(rstd));
    return operation
        .save(dense, in[WEIGHT], rstd)
        .result(
            y,
            g ->
                parameterGradients(
                    g,
                    (dy, dx, dweight, dbias) ->
                        launcher.backward(
                            dy,
                            g.saved(0).array(),
                            array(g.saved(1)),
                            g.saved(2).array(),
                            null,
                            dx,
                            dweight)));
  }

  /**
   * Batch norm with the batch's statistics (Ioffe and Szegedy, 2015).
   *
   * @param x {@code N x C x ...}
   * @param weight a number for each channel; null for 1
   * @param bias a number for each channel; null for 0
   * @param runningMean is moved towards the mean; null for none
   * @param runningVar is moved towards the unbiased variance; null together with {@code
   *     runningMean}
   * @throws KilnException if the shapes do not fit, or a channel has a single number
   */
  public static Tensor batchNorm(
      Tensor x,
      Tensor weight,
      Tensor bias,
      Tensor runningMean,
      Tensor runningVar,
      BatchNorm.Options options) {
    requireChannels("batch_norm", x, weight, bias);
    var operation = Operation.of("batch_norm", x, weight, bias);
    Tensor dense = x.contiguous();
    Tensor y = like(dense);
    // The forward pass itself reads these two.
    Tensor mean = x.context().empty(compute(x), x.dim(1));
    Tensor rstd = x.context().empty(compute(x), x.dim(1));
    BatchNorm launcher = launcher(x.context());
    launcher.train(
        dense.array(),
        array(weight),
        array(bias),
        array(runningMean),
        array(runningVar),
        options,
        y.array(),
        mean.array(),
        rstd.array());
    if (runningMean != null) {
      runningMean.changedInPlace();
      runningVar.changedInPlace();
    }
    operation.save(dense, weight, bias, mean, rstd);
    return ofChannels(
        operation,
        y,
        (saved, dy, dx, dweight, dbias) ->
            launcher.backward(
                dy, saved[0], saved[1], saved[2], saved[3], saved[4], options, dx, dweight, dbias));
  }

  /**
   * Batch norm with given statistics; arguments as in {@link #batchNorm}, momentum aside.
   *
   * @throws KilnException if the shapes do not fit
   */
  public static Tensor batchNormOfInference(
      Tensor x,
      Tensor weight,
      Tensor bias,
      Tensor mean,
      Tensor variance,
      BatchNorm.Options options) {
    requireChannels("batch_norm", x, weight, bias);
    var operation = Operation.of("batch_norm", x, weight, bias);
    Tensor dense = x.contiguous();
    Tensor y = like(dense);
    BatchNorm launcher = launcher(x.context());
    launcher.infer(
        dense.array(),
        array(weight),
        array(bias),
        mean.array(),
        variance.array(),
        options,
        y.array());
    operation.save(dense, weight, bias, mean, variance);
    return ofChannels(
        operation,
        y,
        (saved, dy, dx, dweight, dbias) ->
            launcher.backwardOfInference(
                dy, saved[0], saved[1], saved[2], saved[3], saved[4], options, dx, dweight, dbias));
  }

  /**
   * The norm of groups of channels of each sample (Wu and He, 2018); with as many groups as
   * channels instance norm.
   *
   * @param x {@code N x C x ...}
   * @param weight a number for each channel; null for 1
   * @param bias a number for each channel; null for 0
   * @throws KilnException if the shapes do not fit
   */
  public static Tensor groupNorm(Tensor x, Tensor weight, Tensor bias, GroupNorm.Options options) {
    requireChannels("group_norm", x, weight, bias);
    if (x.dim(1) % options.groups() != 0) {
      throw new KilnException(
          "group_norm: %d groups do not divide the channels of %s".formatted(options.groups(), x));
    }
    Tensor[] in = x.context().cast("group_norm", x, weight, bias);
    var operation = Operation.of("group_norm", in);
    Tensor dense = in[X].contiguous();
    Tensor y = like(dense);
    long groups = x.dim(0) * options.groups();
    Tensor mean = statistic(operation, dense, groups);
    Tensor rstd = statistic(operation, dense, groups);
    GroupNorm launcher = x.context().launcher(GroupNorm.class, GroupNorm::new);
    launcher.forward(
        dense.array(),
        array(in[WEIGHT]),
        array(in[BIAS]),
        options,
        y.array(),
        array(mean),
        array(rstd));
    operation.save(dense, in[WEIGHT], in[BIAS], mean, rstd);
    return ofChannels(
        operation,
        y,
        (saved, dy, dx, dweight, dbias) ->
            launcher.backward(
                dy, saved[0], saved[1], saved[2], saved[3], saved[4], options, dx, dweight, dbias));
  }

  /**
   * {@code x / sqrt(mean(x^2) + eps)}, the mean over the channels at each place (Karras et al.,
   * 2018).
   *
   * @param x {@code N x C x ...}
   */
  public static Tensor pixelNorm(Tensor x, double eps) {
    requireChannels("pixel_norm", x, null, null);
    Tensor in = x.context().cast("pixel_norm", x)[X];
    var operation = Operation.of("pixel_norm", in);
    Tensor dense = in.contiguous();
    Tensor y = like(dense);
    PixelNorm launcher = x.context().launcher(PixelNorm.class, PixelNorm::new);
    launcher.forward(dense.array(), ChannelLayout.FIRST, eps, y.array());
    return operation
        .save(dense)
        .result(
            y,
            g -> {
              Tensor dy = g.of().contiguous();
              g.overwrite(
                  X,
                  dx ->
                      launcher.backward(
                          dy.array(), g.saved(0).array(), ChannelLayout.FIRST, eps, dx));
            });
  }

  /** The backward pass of a norm of channels, from what was saved: x, weight, bias, statistics. */
  @FunctionalInterface
  private interface ChannelGradients {
    void run(NdArray[] saved, NdArray dy, NdArray dx, NdArray dweight, NdArray dbias);
  }

  private static Tensor ofChannels(Operation operation, Tensor y, ChannelGradients backward) {
    return operation.result(
        y,
        g -> {
          NdArray[] saved = new NdArray[CHANNELS_SAVED];
          Arrays.setAll(saved, i -> array(g.saved(i)));
          parameterGradients(
              g, (dy, dx, dweight, dbias) -> backward.run(saved, dy, dx, dweight, dbias));
        });
  }

  /** A backward pass that gives three gradients at once; the last two may be null. */
  @FunctionalInterface
  private interface NormGradients {
    void run(NdArray dy, NdArray dx, NdArray dweight, NdArray dbias);
  }

  private static void parameterGradients(Gradients g, NormGradients backward) {
    Tensor dy = g.of().contiguous();
    // The kernels always write it, also where only parameters need theirs.
    Tensor dx = like(dy);
    Tensor dweight = g.needs(WEIGHT) ? g.emptyLike(WEIGHT) : null;
    Tensor dbias = g.needs(BIAS) ? g.emptyLike(BIAS) : null;
    backward.run(dy.array(), dx.array(), array(dweight), array(dbias));
    g.give(X, dx);
    if (dweight != null) {
      g.give(WEIGHT, dweight);
    }
    if (dbias != null) {
      g.give(BIAS, dbias);
    }
  }

  private static BatchNorm launcher(Context context) {
    return context.launcher(BatchNorm.class, BatchNorm::new);
  }

  private static Tensor like(Tensor x) {
    return x.context().empty(x.dtype(), x.shape());
  }

  private static DType compute(Tensor x) {
    return x.dtype() == DType.FP64 ? DType.FP64 : DType.FP32;
  }

  private static Tensor statistic(Operation operation, Tensor x, long count) {
    return operation.isRecorded() ? x.context().empty(compute(x), count) : null;
  }

  private static NdArray array(Tensor tensor) {
    return tensor == null ? null : tensor.array();
  }

  private static long rows(Tensor x) {
    return x.dim(-1) == 0 ? 0 : x.size() / x.dim(-1);
  }

  private static void requireColumns(String operation, Tensor x, Tensor weight, Tensor bias) {
    if (x.rank() < 1) {
      throw new KilnException(operation + ": needs an axis, but has " + x);
    }
    requireNumbers(operation, "column", x.dim(-1), x, weight);
    requireNumbers(operation, "column", x.dim(-1), x, bias);
  }

  private static void requireChannels(String operation, Tensor x, Tensor weight, Tensor bias) {
    if (x.rank() < 2) {
      throw new KilnException(operation + ": needs axes of samples and channels, but has " + x);
    }
    requireNumbers(operation, "channel", x.dim(1), x, weight);
    requireNumbers(operation, "channel", x.dim(1), x, bias);
  }

  private static void requireNumbers(
      String operation, String what, long count, Tensor x, Tensor parameter) {
    if (parameter != null && (parameter.rank() != 1 || parameter.dim(0) != count)) {
      throw new KilnException(
          "%s: %s must have a number for each %s of %s".formatted(operation, parameter, what, x));
    }
  }
}
