package dev.kiln.kernels.loss;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * The negative log-likelihood of classes under rows of log-probabilities, {@code -w_target
 * x_target}, and its gradient. A row whose target is the ignored index has the loss and the
 * gradient 0; one whose target is no class has both NaN. For means see {@link LossSums}. Not
 * thread-safe.
 */
public final class NllLoss {
  private static final String NAME = "NllLoss";

  private final KernelCall call;

  public NllLoss(Device device) {
    call = new KernelCall("nll.py", "nll_kernel", device);
  }

  /**
   * @param logs {@code rows x classes} logarithms of probabilities, fp32, fp16, bf16 or fp64, each
   *     row dense
   * @param targets {@code rows} classes, i32 or i64
   * @param ignoredIndex the target of rows that do not count
   * @param classWeights a factor for the loss of each class, fp32 (fp64 with fp64 logarithms); null
   *     for ones
   * @param rowLosses {@code rows} numbers, likewise; or null
   * @param gradient its {@code grads} are of the shape of {@code logs}; not {@code logs} itself
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void run(
      NdArray logs,
      NdArray targets,
      long ignoredIndex,
      NdArray classWeights,
      NdArray rowLosses,
      LossGradient gradient) {
    LossRows.check(NAME, "logs", logs);
    long rows = logs.dim(0);
    long classes = logs.dim(1);
    DType compute = LossRows.compute(logs);
    NdArray grads = gradient.grads();
    LossRows.targets(NAME, targets, rows);
    LossRows.perClass(NAME, classWeights, compute, classes);
    LossRows.perRow(NAME, "rowLosses", rowLosses, compute, rows);
    if (grads != null) {
      LossRows.like(NAME, "grads", grads, "logs", logs);
      Check.apart(NAME, "grads", grads, "logs", logs);
    }
    gradient.checkFactors(NAME, compute, rows);
    int tileRows = LossRows.tileRows(rows, classes);
    call.start().array(logs).array(targets).array(classWeights).array(rowLosses).array(grads);
    gradient.passFactors(call);
    call.integer(logs.stride(0))
        .integer(grads == null ? 0 : grads.stride(0))
        .integer(gradient.weightStride())
        .integer(rows)
        .integer(classes)
        .integer(ignoredIndex)
        .number(compute, gradient.scale())
        .constant(compute)
        .constant(tileRows)
        .constant(LossRows.block(classes))
        .tuned(LossRows.warps(tileRows, classes), 2)
        .over(Grid.cdiv(rows, tileRows));
  }
}
