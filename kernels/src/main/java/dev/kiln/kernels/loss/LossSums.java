package dev.kiln.kernels.loss;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * Sums and means of losses, and the weight of a row in the mean, which is only known on the device.
 * Added up in one order. Not thread-safe.
 */
public final class LossSums {
  private static final String FILE = "loss_rows.py";
  private static final int BLOCK = 1024;

  private final String name;
  private final KernelCall weight;
  private final KernelCall sum;

  public LossSums(Device device) {
    this(device, "LossSums");
  }

  /**
   * @param name the operation in messages
   */
  LossSums(Device device, String name) {
    this.name = name;
    weight = new KernelCall(FILE, "row_weight_kernel", device);
    sum = new KernelCall(FILE, "sum_losses_kernel", device);
  }

  /**
   * The weight of a row in the mean: 1 by the number of rows that are not ignored, or by the sum of
   * the weights of their classes; 0 if there are none.
   *
   * @param targets i32 or i64, a vector
   * @param ignoredIndex the target of rows that do not count
   * @param classWeights fp32 or fp64, a number for each class; null for ones
   * @param rowWeight receives one number, fp32 or fp64, like {@code classWeights}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void rowWeight(
      NdArray targets, long ignoredIndex, NdArray classWeights, NdArray rowWeight) {
    Check.vector(name, "targets", targets, targets.size());
    Check.indices(name, "targets", targets);
    DType compute = single("rowWeight", rowWeight);
    long classes = classWeights == null ? 0 : classWeights.size();
    LossRows.perClass(name, classWeights, compute, classes);
    weight
        .start()
        .array(targets)
        .array(classWeights)
        .array(rowWeight)
        .integer(targets.size())
        .integer(classes)
        .integer(ignoredIndex)
        .constant(compute)
        .constant(BlockSizes.around(targets.size(), 16, BLOCK))
        .over(1);
  }

  /**
   * {@code sum(losses) rowWeight scale}.
   *
   * @param losses fp32 or fp64, a vector
   * @param rowWeight one number; null for 1
   * @param total receives one number; all of one dtype
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void sum(NdArray losses, NdArray rowWeight, double scale, NdArray total) {
    sum("losses", losses, rowWeight, scale, "total", total);
  }

  void sum(
      String argument,
      NdArray losses,
      NdArray rowWeight,
      double scale,
      String result,
      NdArray total) {
    DType compute = single(result, total);
    Check.vector(name, argument, losses, losses.size());
    LossRows.compute(name, argument, losses, compute);
    if (rowWeight != null) {
      Check.single(name, "rowWeight", rowWeight);
      LossRows.compute(name, "rowWeight", rowWeight, compute);
    }
    sum.start()
        .array(losses)
        .array(rowWeight)
        .array(total)
        .integer(losses.size())
        .number(compute, scale)
        .constant(compute)
        .constant(BlockSizes.around(losses.size(), 16, BLOCK))
        .over(1);
  }

  private DType single(String argument, NdArray array) {
    Check.single(name, argument, array);
    DType compute = LossRows.compute(array);
    LossRows.compute(name, argument, array, compute);
    return compute;
  }
}
