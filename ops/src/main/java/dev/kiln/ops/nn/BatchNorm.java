package dev.kiln.ops.nn;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.BinaryFunction;
import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.kernels.normalization.BatchNorm.Options;
import dev.kiln.kernels.normalization.ChannelLayout;
import dev.kiln.ops.function.Normalizations;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;

/**
 * Mean 0 and variance 1 of each channel over samples and places (Ioffe and Szegedy, 2015);
 * PyTorch's one for vectors, sequences, images and volumes alike. In and out: {@code N x channels},
 * or {@code N x channels x ...}.
 *
 * <p>Training takes the batch's statistics and moves the running ones, evaluation takes these.
 * Parameters {@code weight}, {@code bias}; buffers {@code running_mean}, {@code running_var} (the
 * unbiased one) and {@code num_batches_tracked}.
 */
public final class BatchNorm extends Norm {
  private final Options options;
  private final Tensor weight;
  private final Tensor bias;
  private final Tensor runningMean;
  private final Tensor runningVar;
  private final Tensor batches;

  /** With {@code eps} 1e-5 and momentum 0.1. */
  public BatchNorm(Context context, long channels) {
    this(context, channels, Activation.NONE);
  }

  /**
   * @param activation applied in the same launch
   */
  public BatchNorm(Context context, long channels, Activation activation) {
    this(context, channels, 1e-5, 0.1, activation);
  }

  /**
   * @param eps added to the variance
   * @param momentum share of the batch in the running statistics
   * @param activation applied in the same launch
   */
  public BatchNorm(
      Context context, long channels, double eps, double momentum, Activation activation) {
    super(context, CENTRED);
    options = new Options(ChannelLayout.FIRST, eps, momentum, activation);
    Initialization ones = Initialization.constant(1);
    Initialization zeros = Initialization.zeros();
    weight = parameter("weight", ones.make(context, channels));
    bias = parameter("bias", zeros.make(context, channels));
    runningMean = buffer("running_mean", zeros.make(context, channels));
    runningVar = buffer("running_var", ones.make(context, channels));
    batches = buffer("num_batches_tracked", context.zeros(DType.I64));
  }

  @Override
  protected Tensor forward(Tensor x) {
    if (!isTraining()) {
      return Normalizations.batchNormOfInference(x, weight, bias, runningMean, runningVar, options);
    }
    Tensor y = Normalizations.batchNorm(x, weight, bias, runningMean, runningVar, options);
    context()
        .launcher(Pointwise.class, Pointwise::new)
        .binary(BinaryFunction.ADD, batches.array(), 1, batches.array());
    batches.changedInPlace();
    return y;
  }

  @Override
  public String toString() {
    return "BatchNorm(" + weight.dim(0) + ")";
  }
}
