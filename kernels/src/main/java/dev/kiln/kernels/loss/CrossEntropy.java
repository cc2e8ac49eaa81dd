package dev.kiln.kernels.loss;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Softmax and cross-entropy: the losses of rows of logits, of any length, and their gradient.
 *
 * <p>A row whose target is the ignored index has the loss and the gradient 0; one whose target is
 * no class has the loss and the gradient NaN. The mean of a batch is taken over the rows that are
 * not ignored: {@link #rowWeight}, then {@link #run} with that weight, then {@link #mean}. Not
 * thread-safe.
 */
public final class CrossEntropy {
  /** What frameworks ignore by default. */
  public static final long IGNORED = -100;

  private static final String NAME = "CrossEntropy";

  private final KernelCall losses;
  private final LossSums sums;

  /**
   * @param ignoredIndex the target of rows that do not count
   * @param labelSmoothing part of the target's probability that is spread evenly over all classes,
   *     0 to 1
   * @param classWeights a factor for the loss of each class, fp32 (fp64 with fp64 logits); null for
   *     ones
   * @param zLoss factor of the square of {@code log(sum exp(x))}, which is added to the loss of
   *     each row; at least 0
   */
  public record Options(
      long ignoredIndex, double labelSmoothing, NdArray classWeights, double zLoss) {
    public static final Options DEFAULT = new Options(IGNORED, 0);

    public Options {
      if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
        throw Check.fault(NAME, "labelSmoothing", "must be from 0 to 1, but is " + labelSmoothing);
      }
      if (!(zLoss >= 0) || Double.isInfinite(zLoss)) {
        throw Check.fault(NAME, "zLoss", "must be at least 0 and finite, but is " + zLoss);
      }
    }

    public Options(long ignoredIndex, double labelSmoothing) {
      this(ignoredIndex, labelSmoothing, null, 0);
    }

    public Options withClassWeights(NdArray newClassWeights) {
      return new Options(ignoredIndex, labelSmoothing, newClassWeights, zLoss);
    }

    public Options withZLoss(double newZLoss) {
      return new Options(ignoredIndex, labelSmoothing, classWeights, newZLoss);
    }
  }

  public CrossEntropy(Device device) {
    losses = new KernelCall("cross_entropy.py", "cross_entropy_kernel", device);
    sums = new LossSums(device, NAME);
  }

  /** The losses alone. */
  public void run(NdArray logits, NdArray targets, Options options, NdArray rowLosses) {
    run(logits, targets, options, rowLosses, null, LossGradient.NONE);
  }

  /**
   * The loss of each row and the gradient of the logits.
   *
   * @param grads like {@code logits}, receives {@code (softmax - target) weight scale}; may be
   *     {@code logits}; null for none
   * @param rowWeight one fp32 number, the weight of a row in the gradient (see {@link #rowWeight});
   *     null for 1
   * @param scale a further factor of the gradient, the loss scale for one
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void run(
      NdArray logits,
      NdArray targets,
      Options options,
      NdArray rowLosses,
      NdArray grads,
      NdArray rowWeight,
      double scale) {
    run(logits, targets, options, rowLosses, null, new LossGradient(grads, rowWeight, null, scale));
  }

  /**
   * The loss of each row, its {@code log(sum exp(x))}, and the gradient of the logits.
   *
   * @param logits {@code rows x classes}, fp32, fp16, bf16 or fp64, each row dense
   * @param targets {@code rows} classes, i32 or i64; or {@code rows x classes} probabilities, of
   *     floats, each row dense
   * @param rowLosses {@code rows} numbers, fp32 (fp64 with fp64 logits); or null
   * @param lse likewise, receives {@code log(sum exp(x))}; or null
   * @param gradient its {@code grads} are of the shape of {@code logits} and may be {@code logits}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void run(
      NdArray logits,
      NdArray targets,
      Options options,
      NdArray rowLosses,
      NdArray lse,
      LossGradient gradient) {
    LossRows.check(NAME, "logits", logits);
    boolean soft = targets.rank() == 2;
    check(logits, targets, options, rowLosses, lse, gradient);
    long rows = logits.dim(0);
    long classes = logits.dim(1);
    DType compute = LossRows.compute(logits);
    NdArray grads = gradient.grads();
    int tileRows = LossRows.tileRows(rows, classes);
    losses
        .start()
        .array(logits)
        .array(targets)
        .array(options.classWeights())
        .array(rowLosses)
        .array(lse)
        .array(grads);
    gradient.passFactors(losses);
    losses
        .integer(logits.stride(0))
        .integer(soft ? targets.stride(0) : 0)
        .integer(grads == null ? 0 : grads.stride(0))
        .integer(gradient.weightStride())
        .integer(rows)
        .integer(classes)
        .integer(options.ignoredIndex())
        .number(compute, options.labelSmoothing())
        .number(compute, options.zLoss())
        .number(compute, gradient.scale())
        .constant(soft)
        .constant(options.labelSmoothing() != 0)
        .constant(options.zLoss() != 0)
        .constant(compute)
        .constant(tileRows)
        .constant(LossRows.block(classes))
        .tuned(LossRows.warps(tileRows, classes), 2)
        .over(Grid.cdiv(rows, tileRows));
  }

  private static void check(
      NdArray logits,
      NdArray targets,
      Options options,
      NdArray rowLosses,
      NdArray lse,
      LossGradient gradient) {
    long rows = logits.dim(0);
    DType compute = LossRows.compute(logits);
    if (targets.rank() == 2) {
      LossRows.like(NAME, "targets", targets, "logits", logits);
    } else {
      LossRows.targets(NAME, targets, rows);
    }
    LossRows.perClass(NAME, options.classWeights(), compute, logits.dim(1));
    LossRows.perRow(NAME, "rowLosses", rowLosses, compute, rows);
    LossRows.perRow(NAME, "lse", lse, compute, rows);
    if (gradient.grads() != null) {
      LossRows.like(NAME, "grads", gradient.grads(), "logits", logits);
      Check.inPlaceOrApart(NAME, "grads", gradient.grads(), "logits", logits);
      Check.apart(NAME, "grads", gradient.grads(), "targets", targets);
    }
    gradient.checkFactors(NAME, compute, rows);
  }

  /**
   * The weight of a row in the mean: 1 by the number of rows that are not ignored, or by the sum of
   * their classes' weights; 0 if there are none. With probabilities as targets the weight is 1 by
   * the number of rows, whatever the weights of the classes: pass it as a scale.
   *
   * @param targets i32 or i64, a vector
   * @param rowWeight receives one number, fp32 (fp64 for fp64 logits)
   */
  public void rowWeight(NdArray targets, Options options, NdArray rowWeight) {
    sums.rowWeight(targets, options.ignoredIndex(), options.classWeights(), rowWeight);
  }

  /**
   * {@code sum(rowLosses) rowWeight}, added up in one order.
   *
   * @param rowLosses fp32 or fp64, a vector
   * @param rowWeight one number
   * @param meanLoss receives one number; all of one dtype
   */
  public void mean(NdArray rowLosses, NdArray rowWeight, NdArray meanLoss) {
    sums.sum("rowLosses", rowLosses, rowWeight, 1, "meanLoss", meanLoss);
  }
}
