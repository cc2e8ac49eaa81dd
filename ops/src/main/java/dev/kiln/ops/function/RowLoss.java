package dev.kiln.ops.function;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.loss.LossGradient;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Gradients;
import dev.kiln.ops.tensor.Operation;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;

/**
 * A loss of each row of {@code ... x classes} numbers, whose kernel computes losses, gradients or
 * both. The backward pass runs it again, so that the factors of the gradient, a loss scale among
 * them, come in before it is rounded.
 */
final class RowLoss {
  /** The launch; all that it reads beside numbers comes in its arrays. */
  @FunctionalInterface
  interface Kernel {
    /**
     * @param x rows by classes
     * @param others what was saved beside, in its order
     * @param losses of rows, or null
     * @param gradient without a place for it if none is wanted
     */
    void run(Context context, NdArray x, NdArray[] others, NdArray losses, LossGradient gradient);
  }

  private static final int ROW_WEIGHT = 0;
  private static final int X = 1;
  private static final int OTHERS = 2;

  private RowLoss() {}

  /**
   * @param x row by row in memory
   * @param rowWeight one number of the device that the mean multiplies by; or null
   * @param others what the kernel reads beside; null where something is left out
   */
  static Tensor apply(
      String name,
      Tensor x,
      RowReduction reduction,
      Tensor rowWeight,
      Kernel kernel,
      Tensor... others) {
    Context context = x.context();
    Tensor losses = reduction.losses(context, compute(x), rowShape(x));
    NdArray[] arrays = Arrays.stream(others).map(RowLoss::array).toArray(NdArray[]::new);
    kernel.run(context, matrix(x), arrays, vector(losses.array()), LossGradient.NONE);
    Tensor[] saved = new Tensor[OTHERS + others.length];
    saved[ROW_WEIGHT] = rowWeight;
    saved[X] = x;
    System.arraycopy(others, 0, saved, OTHERS, others.length);
    return Operation.of(name, x)
        .save(saved)
        .result(
            reduction.reduce(losses, rowWeight),
            g -> backward(g, reduction, kernel, others.length));
  }

  private static void backward(Gradients g, RowReduction reduction, Kernel kernel, int count) {
    Tensor dx = g.emptyLike(0);
    NdArray[] arrays = new NdArray[count];
    for (int i = 0; i < count; i++) {
      arrays[i] = array(g.saved(OTHERS + i));
    }
    LossGradient gradient = reduction.gradient(matrix(dx), g.of(), g.saved(ROW_WEIGHT));
    kernel.run(g.context(), matrix(g.saved(X)), arrays, null, gradient);
    g.give(0, dx);
  }

  /** The dtype of arithmetic, of losses and sums. */
  static DType compute(Tensor x) {
    return x.dtype() == DType.FP64 ? DType.FP64 : DType.FP32;
  }

  static NdArray array(Tensor tensor) {
    return tensor == null ? null : tensor.array();
  }

  static long[] rowShape(Tensor x) {
    return Arrays.copyOf(x.shape(), x.rank() - 1);
  }

  /** Rows by classes. */
  static NdArray matrix(Tensor x) {
    return matrix(x.array(), x.dim(-1));
  }

  static NdArray matrix(NdArray x, long classes) {
    return x.rank() == 2 ? x : x.reshape(x.size() / classes, classes);
  }

  /** A number for each row. */
  static NdArray vector(NdArray x) {
    return x.rank() == 1 ? x : x.reshape(x.size());
  }

  static void requireRows(String name, Tensor x) {
    if (x.rank() < 1 || x.dim(-1) < 1 || !x.dtype().isFloat()) {
      throw new KilnException(
          name + ": needs floats with at least one class along the last axis, but is " + x);
    }
  }

  /** Classes for the rows of {@code x}, row by row in memory. */
  static Tensor classes(String name, Tensor targets, Tensor x) {
    if (!Arrays.equals(targets.shape(), rowShape(x))) {
      throw new KilnException(
          "%s: classes must have the shape %s, all axes but the last of %s, but are %s"
              .formatted(name, Arrays.toString(rowShape(x)), x, targets));
    }
    if (targets.dtype() != DType.I32 && targets.dtype() != DType.I64) {
      throw new KilnException(name + ": classes must be i32 or i64, but are " + targets);
    }
    return targets.contiguous();
  }

  /** Numbers of the shape of {@code x} that get no gradient, row by row in memory. */
  static Tensor like(String name, String argument, Tensor tensor, Tensor x) {
    if (!Arrays.equals(tensor.shape(), x.shape()) || !tensor.dtype().isFloat()) {
      throw new KilnException(
          "%s: %s must be floats of the shape of %s, but are %s"
              .formatted(name, argument, x, tensor));
    }
    boolean fits = compute(tensor) == compute(x);
    return (fits ? tensor.detach() : tensor.detach().to(compute(x))).contiguous();
  }
}
