package dev.kiln.kernels.loss;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Losses of numbers against numbers, their sums and means, and their gradients, in one pass over
 * both. Sums are added up in one order. Not thread-safe.
 */
public final class ElementwiseLoss implements AutoCloseable {
  private static final String NAME = "ElementwiseLoss";

  private final KernelCall call;
  private final LossSums sums;
  private final Workspace workspace;

  /**
   * Factors of losses, each of the shape of the inputs or a vector along their last axis, fp32,
   * fp16, bf16 or fp64.
   *
   * @param each a factor of each loss; null for ones
   * @param positive of {@link LossFunction#BCE_WITH_LOGITS}, a factor of the term of {@code y};
   *     null for ones
   */
  public record Weights(NdArray each, NdArray positive) {
    public static final Weights NONE = new Weights(null, null);
  }

  public ElementwiseLoss(Device device) {
    call = new KernelCall("elementwise_losses.py", "elementwise_loss_kernel", device);
    sums = new LossSums(device, NAME);
    workspace = new Workspace(device);
  }

  /** Without weights. */
  public void run(
      LossFunction function,
      NdArray x,
      NdArray y,
      Reduction reduction,
      NdArray losses,
      LossGradient gradient) {
    run(function, x, y, Weights.NONE, reduction, losses, gradient);
  }

  /**
   * @param x contiguous, fp32, fp16, bf16 or fp64
   * @param y of its shape; fp64 exactly if {@code x} is
   * @param reduction of the losses; the gradient is that of the reduced loss
   * @param losses with {@link Reduction#NONE} of the shape of {@code x}, fp64 exactly if {@code x}
   *     is; otherwise one number, fp32 (fp64 if {@code x} is). Null if only the gradient is wanted.
   *     The sum of nothing is 0, its mean NaN.
   * @param gradient its {@code grads} are of the shape of {@code x}, contiguous, and may be {@code
   *     x} or {@code y}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void run(
      LossFunction function,
      NdArray x,
      NdArray y,
      Weights weights,
      Reduction reduction,
      NdArray losses,
      LossGradient gradient) {
    DType compute = LossRows.compute(x);
    check(function, x, y, weights, gradient);
    boolean reduces = reduction != Reduction.NONE;
    if (losses != null && !reduces) {
      like("losses", losses, x);
    } else if (losses != null) {
      Check.single(NAME, "losses", losses);
      LossRows.compute(NAME, "losses", losses, compute);
    }
    boolean byRows = isVector(weights.each(), x) || isVector(weights.positive(), x);
    long columns = byRows ? x.dim(-1) : x.size();
    long rows = columns == 0 ? 0 : x.size() / columns;
    int most = BlockSizes.elements(x.device());
    int block = BlockSizes.around(columns, 16, most);
    int tileRows = BlockSizes.around(rows, 1, most / block);
    int across = Grid.cdiv(columns, block);
    int down = Grid.cdiv(rows, tileRows);
    NdArray parts = null;
    if (reduces && losses != null) {
      parts = workspace.array(compute, Math.multiplyExact((long) across, down));
    }
    double scale = scale(reduction, x);
    call.start()
        .array(x)
        .array(y)
        .array(weights.each())
        .array(weights.positive())
        .array(reduces ? null : losses)
        .array(parts)
        .array(gradient.grads());
    gradient.passFactors(call);
    call.integer(isVector(weights.each(), x) ? 0 : columns)
        .integer(isVector(weights.positive(), x) ? 0 : columns)
        .integer(gradient.weightStride())
        .integer(rows)
        .integer(columns)
        .number(compute, function.number())
        .number(compute, x.size() == 0 ? 0 : gradient.scale() * scale)
        .constant(function.kind().kernelName())
        .constant(compute)
        .constant(tileRows)
        .constant(block)
        .over(down, across, 1);
    if (parts != null) {
      sums.sum("parts", parts, null, scale, "losses", losses);
    }
  }

  private static void check(
      LossFunction function, NdArray x, NdArray y, Weights weights, LossGradient gradient) {
    Check.floatsOrDoubles(NAME, "x", x);
    Check.elements(NAME, "x", x);
    like("y", y, x);
    weight("weights", weights.each(), x);
    weight("positive", weights.positive(), x);
    if (weights.positive() != null && function.kind() != LossFunction.Kind.BCE_WITH_LOGITS) {
      throw Check.fault(NAME, "positive", "must be null except for BCE_WITH_LOGITS");
    }
    if (gradient.grads() != null) {
      like("grads", gradient.grads(), x);
      Check.inPlaceOrApart(NAME, "grads", gradient.grads(), "x", x);
      Check.inPlaceOrApart(NAME, "grads", gradient.grads(), "y", y);
    }
    gradient.checkFactors(NAME, LossRows.compute(x), x.size());
  }

  private static void like(String argument, NdArray array, NdArray x) {
    Check.floatsOrDoubles(NAME, argument, array);
    Check.contiguous(NAME, argument, array);
    Check.sameShape(NAME, argument, array, "x", x);
    if ((array.dtype() == DType.FP64) != (x.dtype() == DType.FP64)) {
      throw Check.fault(NAME, argument, "must be fp64 exactly if 'x' is, but is " + array);
    }
  }

  private static void weight(String argument, NdArray array, NdArray x) {
    if (array == null) {
      return;
    }
    if (isVector(array, x)) {
      Check.vector(NAME, argument, array, x.dim(-1));
      Check.floatsOrDoubles(NAME, argument, array);
    } else {
      like(argument, array, x);
    }
  }

  private static boolean isVector(NdArray array, NdArray x) {
    return array != null && array.rank() == 1 && x.rank() > 1;
  }

  private static double scale(Reduction reduction, NdArray x) {
    return switch (reduction) {
      case NONE, SUM -> 1;
      case MEAN -> 1.0 / x.size();
      case BATCH_MEAN -> 1.0 / (x.rank() == 0 ? 1 : x.dim(0));
    };
  }

  /** Frees the memory of partial sums. */
  @Override
  public void close() {
    workspace.close();
  }
}
