package dev.kiln.ops.function;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.pooling.AveragePooling;
import dev.kiln.kernels.pooling.MaxPooling;
import dev.kiln.kernels.pooling.PoolingOptions;
import dev.kiln.kernels.pooling.Upsampling;
import dev.kiln.kernels.pooling.UpsamplingMode;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Operation;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;

/** Images of other sizes: the largest or the mean of windows, and resampling. */
public final class Pooling {
  private Pooling() {}

  /**
   * The largest number of each window; padding is minus infinity.
   *
   * @param x {@code N x C x ...}, one to three axes of space
   * @param options not adaptive
   * @throws KilnException if the windows do not fit
   */
  public static Tensor max(Tensor x, PoolingOptions options) {
    return max(x, options, pooled("max_pool", x, options));
  }

  /**
   * The largest number of each of so many windows that cover the images.
   *
   * @param size of the results, a number for each axis of space
   */
  public static Tensor adaptiveMax(Tensor x, long... size) {
    return max(x, PoolingOptions.ADAPTIVE, resized("adaptive_max_pool", x, size));
  }

  /**
   * The mean of each window.
   *
   * @param x {@code N x C x ...}, one to three axes of space
   * @param options not adaptive
   * @throws KilnException if the windows do not fit
   */
  public static Tensor average(Tensor x, PoolingOptions options) {
    return average(x, options, pooled("average_pool", x, options));
  }

  /** The mean of each of so many windows that cover the images; as {@link #adaptiveMax}. */
  public static Tensor adaptiveAverage(Tensor x, long... size) {
    return average(x, PoolingOptions.ADAPTIVE, resized("adaptive_average_pool", x, size));
  }

  /**
   * Images in another size.
   *
   * @param size of the results, a number for each axis of space
   */
  public static Tensor upsample(Tensor x, UpsamplingMode mode, long... size) {
    Context context = x.context();
    long[] shape = resized("upsample", x, size);
    var operation = Operation.of("upsample", x);
    Tensor y = context.empty(x.dtype(), shape);
    Upsampling launcher = context.launcher(Upsampling.class, Upsampling::new);
    launcher.forward(x.array(), mode, y.array());
    return operation.result(
        y, g -> g.overwrite(0, dx -> launcher.backward(g.of().array(), mode, dx)));
  }

  private static Tensor max(Tensor x, PoolingOptions options, long[] shape) {
    Context context = x.context();
    var operation = Operation.of("max_pool", x);
    Tensor y = context.empty(x.dtype(), shape);
    Tensor places = operation.isRecorded() ? context.empty(DType.I32, shape) : null;
    MaxPooling launcher = context.launcher(MaxPooling.class, MaxPooling::new);
    launcher.forward(x.array(), options, y.array(), places == null ? null : places.array());
    return operation
        .save(places)
        .result(
            y,
            g -> {
              Tensor dy = g.of().contiguous();
              g.overwrite(0, dx -> launcher.backward(dy.array(), g.saved(0).array(), options, dx));
            });
  }

  private static Tensor average(Tensor x, PoolingOptions options, long[] shape) {
    Context context = x.context();
    var operation = Operation.of("average_pool", x);
    Tensor y = context.empty(x.dtype(), shape);
    AveragePooling launcher = context.launcher(AveragePooling.class, AveragePooling::new);
    launcher.forward(x.array(), options, y.array());
    return operation.result(
        y, g -> g.overwrite(0, dx -> launcher.backward(g.of().array(), options, dx)));
  }

  private static long[] pooled(String operation, Tensor x, PoolingOptions options) {
    int axes = options.windows().size();
    if (x.rank() != axes + 2) {
      throw new KilnException(
          "%s: images must have %d axes, but are %s".formatted(operation, axes + 2, x));
    }
    long[] shape = x.shape();
    for (int i = 0; i < axes; i++) {
      shape[i + 2] = options.windows().get(i).outputSize(x.dim(i + 2), options.ceilMode());
      if (shape[i + 2] < 1) {
        throw new KilnException(
            "%s: %s is too small for %s along axis %d"
                .formatted(operation, x, options.windows().get(i), i + 2));
      }
    }
    return shape;
  }

  private static long[] resized(String operation, Tensor x, long... size) {
    if (x.rank() != size.length + 2) {
      throw new KilnException(
          "%s: for results of %s images must have %d axes, but are %s"
              .formatted(operation, Arrays.toString(size), size.length + 2, x));
    }
    long[] shape = x.shape();
    System.arraycopy(size, 0, shape, 2, size.length);
    return shape;
  }
}
