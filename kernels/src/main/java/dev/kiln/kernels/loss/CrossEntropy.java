package dev.kiln.kernels.loss;

import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * Softmax and cross-entropy, forward and backward in one pass over the logits.
 *
 * <p>A row whose target is the ignored index has the loss and the gradient 0; one whose target is
 * no class has the loss NaN. The mean of a batch is taken over the rows that are not ignored:
 * {@link #rowWeight}, then {@link #run} with that weight, then {@link #mean}. Not thread-safe.
 */
public final class CrossEntropy {
  /** What frameworks ignore by default. */
  public static final long IGNORED = -100;

  private static final String NAME = "CrossEntropy";
  private static final String FILE = "cross_entropy.py";
  private static final int MOST_CLASSES = 1 << 17;
  private static final int BLOCK = 1024;

  private final KernelCall losses;
  private final KernelCall weight;
  private final KernelCall mean;

  /**
   * @param ignoredIndex the target of rows that do not count
   * @param labelSmoothing part of the target's probability that is spread evenly over all classes,
   *     0 to 1
   */
  public record Options(long ignoredIndex, double labelSmoothing) {
    public static final Options DEFAULT = new Options(IGNORED, 0);

    public Options {
      if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
        throw Check.fault(NAME, "labelSmoothing", "must be from 0 to 1, but is " + labelSmoothing);
      }
    }
  }

  public CrossEntropy(Device device) {
    losses = new KernelCall(FILE, "cross_entropy_kernel", device);
    weight = new KernelCall(FILE, "row_weight_kernel", device);
    mean = new KernelCall(FILE, "mean_loss_kernel", device);
  }

  /** The losses alone. */
  public void run(NdArray logits, NdArray targets, Options options, NdArray rowLosses) {
    run(logits, targets, options, rowLosses, null, null, 1);
  }

  /**
   * The loss of each row and the gradient of the logits.
   *
   * @param logits {@code rows x classes}, fp32, fp16 or bf16, each row dense; at most 131,072
   *     classes
   * @param targets {@code rows} classes, i32 or i64
   * @param rowLosses {@code rows} numbers, fp32
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
    rows("logits", logits);
    long rows = logits.dim(0);
    long classes = logits.dim(1);
    Check.vector(NAME, "targets", targets, rows);
    Check.indices(NAME, "targets", targets);
    Check.vector(NAME, "rowLosses", rowLosses, rows);
    Check.fp32(NAME, "rowLosses", rowLosses);
    if (grads != null) {
      rows("grads", grads);
      Check.sameShape(NAME, "grads", grads, "logits", logits);
    }
    if (rowWeight != null) {
      Check.single(NAME, "rowWeight", rowWeight);
      Check.fp32(NAME, "rowWeight", rowWeight);
    }
    if (rows == 0) {
      return;
    }
    losses
        .start()
        .array(logits)
        .array(targets)
        .array(rowLosses)
        .array(grads)
        .array(rowWeight)
        .integer(logits.stride(0))
        .integer(grads == null ? classes : grads.stride(0))
        .integer(classes)
        .integer(options.ignoredIndex())
        .number(options.labelSmoothing())
        .number(scale)
        .constant(BlockSizes.around(classes, 16, MOST_CLASSES))
        .over(Math.toIntExact(rows));
  }

  /**
   * The weight of a row in the mean: 1 by the number of rows that are not ignored, or 0 if there
   * are none.
   *
   * @param targets i32 or i64, a vector
   * @param rowWeight receives one fp32 number
   */
  public void rowWeight(NdArray targets, Options options, NdArray rowWeight) {
    Check.vector(NAME, "targets", targets, targets.size());
    Check.indices(NAME, "targets", targets);
    Check.single(NAME, "rowWeight", rowWeight);
    Check.fp32(NAME, "rowWeight", rowWeight);
    weight
        .start()
        .array(targets)
        .array(rowWeight)
        .integer(targets.size())
        .integer(options.ignoredIndex())
        .constant(BlockSizes.around(targets.size(), 16, BLOCK))
        .over(1);
  }

  /**
   * {@code sum(rowLosses) rowWeight}, added up in one order.
   *
   * @param rowLosses fp32, a vector
   * @param rowWeight one fp32 number
   * @param meanLoss receives one fp32 number
   */
  public void mean(NdArray rowLosses, NdArray rowWeight, NdArray meanLoss) {
    Check.vector(NAME, "rowLosses", rowLosses, rowLosses.size());
    Check.fp32(NAME, "rowLosses", rowLosses);
    Check.single(NAME, "rowWeight", rowWeight);
    Check.fp32(NAME, "rowWeight", rowWeight);
    Check.single(NAME, "meanLoss", meanLoss);
    Check.fp32(NAME, "meanLoss", meanLoss);
    mean.start()
        .array(rowLosses)
        .array(rowWeight)
        .array(meanLoss)
        .integer(rowLosses.size())
        .constant(BlockSizes.around(rowLosses.size(), 16, BLOCK))
        .over(1);
  }

  private static void rows(String argument, NdArray array) {
    Check.matrix(NAME, argument, array);
    Check.floats(NAME, argument, array);
    if (array.dim(1) < 1 || array.dim(1) > MOST_CLASSES) {
      throw Check.fault(
          NAME, argument, "must have 1 to " + MOST_CLASSES + " classes, but is " + array);
    }
    if (array.dim(1) > 1 && array.stride(1) != 1) {
      throw Check.fault(NAME, argument, "must have dense rows");
    }
  }
}
