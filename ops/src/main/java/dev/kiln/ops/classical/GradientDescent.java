package dev.kiln.ops.classical;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.BinaryFunction;
import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.kernels.product.Epilogue;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.kernels.reduction.ColumnSums;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;

/**
 * Linear and logistic regression by gradient descent over all samples, from zero. With the error
 * {@code e = f(w.x + b) - y} of each of {@code m} samples both have the gradients {@code 1/m sum e
 * x} and {@code 1/m sum e}; weights and bias are updated at once, by the errors before either
 * moved. Computed on the device of the samples, in their dtype. Not thread-safe.
 */
public final class GradientDescent implements AutoCloseable {
  private static final String NAME = "GradientDescent";

  /** What is fitted. */
  public enum Kind {
    /** {@code f(z) = z}, {@code J = 1/(2m) sum e^2}. */
    LINEAR(Activation.NONE) {
      @Override
      double loss(double z, double y) {
        return (z - y) * (z - y) / 2;
      }
    },
    /** {@code f(z) = 1 / (1 + exp(-z))}, {@code J} the mean cross-entropy; goals are 0 or 1. */
    LOGISTIC(Activation.SIGMOID) {
      @Override
      double loss(double z, double y) {
        // log(1 + exp(z)) - y z, without an overflow.
        return Math.max(z, 0) - y * z + Math.log1p(Math.exp(-Math.abs(z)));
      }
    };

    private final Activation activation;

    Kind(Activation activation) {
      this.activation = activation;
    }

    abstract double loss(double z, double y);
  }

  private final Kind kind;
  private final NdArray x;
  private final double[] goals;
  private final NdArray y;
  private final NdArray weights;
  private final NdArray bias;
  private final NdArray before;
  private final NdArray error;
  private final NdArray biasGradient;
  private final Matmul matmul;
  private final Pointwise pointwise;
  private final ColumnSums columnSums;

  /**
   * @param x {@code m x d}, fp32 or fp64, a sample in each row; stays the caller's
   * @param y {@code m} goals
   * @throws dev.kiln.runtime.KilnException if there are no samples, numbers are not finite, or a
   *     goal of logistic regression is neither 0 nor 1
   */
  public GradientDescent(Kind kind, NdArray x, double[] y) {
    Inputs.matrix(NAME, "x", x);
    if (x.dtype() != DType.FP32 && x.dtype() != DType.FP64) {
      throw Inputs.fault(NAME, "not supported yet: samples other than fp32 and fp64, such as " + x);
    }
    int m = (int) x.dim(0);
    Inputs.sameLength(NAME, "goals", y.length, m);
    Inputs.finite(NAME, "goals", y);
    if (kind == Kind.LOGISTIC && Arrays.stream(y).anyMatch(goal -> goal != 0 && goal != 1)) {
      throw Inputs.fault(NAME, "goals of logistic regression must be 0 or 1");
    }
    this.kind = kind;
    this.x = x;
    goals = y.clone();
    Device device = x.device();
    this.y = NdArray.of(device, x.dtype(), y, m, 1);
    weights = NdArray.zeros(device, x.dtype(), x.dim(1), 1);
    bias = NdArray.zeros(device, x.dtype(), 1);
    before = NdArray.empty(device, x.dtype(), m, 1);
    error = NdArray.empty(device, x.dtype(), m, 1);
    biasGradient = NdArray.empty(device, x.dtype(), 1);
    matmul = new Matmul(device);
    pointwise = new Pointwise(device);
    columnSums = new ColumnSums(device);
  }

  /**
   * One step.
   *
   * @param rate of learning, above 0
   * @return {@code J} before the step
   */
  public double step(double rate) {
    Inputs.positive(NAME, "the rate", rate);
    long m = x.dim(0);
    matmul.run(x, weights, bias, kind.activation, error, before);
    pointwise.binary(BinaryFunction.SUB, error, y, error);
    columnSums.run(error, biasGradient);
    // w = w - rate/m x^T e, in the epilogue of the product.
    Epilogue update = Epilogue.NONE.withAlpha(-rate / m).withBeta(1);
    matmul.run(x.permute(1, 0), error, update, weights);
    pointwise.scaleAdd(1, bias, -rate / m, biasGradient, bias);
    return loss(before.toDoubles());
  }

  private double loss(double[] z) {
    double sum = 0;
    for (int i = 0; i < z.length; i++) {
      sum += kind.loss(z[i], goals[i]);
    }
    return sum / z.length;
  }

  /** {@code w} and {@code b} as they are now; for logistic regression, of the log-odds. */
  public LinearModel model() {
    return new LinearModel(weights.toDoubles(), bias.toDoubles()[0]);
  }

  @Override
  public void close() {
    for (NdArray array : new NdArray[] {y, weights, bias, before, error, biasGradient}) {
      array.close();
    }
    matmul.close();
  }
}
