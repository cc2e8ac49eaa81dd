package dev.kiln.kernels.classical;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Differences from targets of which only some are known, such as the ratings of users: {@code
 * residual = prediction + offset - target} where the mask is not 0, otherwise 0, whatever stands
 * there. Computed in fp32 (fp64 for fp64 arrays). Not thread-safe.
 */
public final class MaskedResidual {
  private static final String NAME = "MaskedResidual";
  private static final int MOST_COLUMNS = 1024;

  private final KernelCall call;

  public MaskedResidual(Device device) {
    call = new KernelCall("masked_residual.py", "masked_residual_kernel", device);
  }

  /**
   * @param prediction {@code M x N}: fp32, fp16, bf16 or fp64; like all matrices here, its rows
   *     have no gaps
   * @param target of its shape and dtype
   * @param mask of its shape and any dtype: not 0 where the target is known
   * @param offset {@code N} numbers of its dtype, added to the prediction; or null
   * @param residual of its shape and dtype; may be {@code prediction} or {@code target}
   * @param squares receives the sum of squared residuals of each row: {@code M} numbers, fp64 if
   *     the prediction is, otherwise fp32; or null
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void run(
      NdArray prediction,
      NdArray target,
      NdArray mask,
      NdArray offset,
      NdArray residual,
      NdArray squares) {
    DType compute = check(prediction, target, mask, residual);
    if (offset != null) {
      Check.vector(NAME, "offset", offset, prediction.dim(1));
      Check.sameDType(NAME, "offset", offset, "prediction", prediction);
    }
    if (squares != null) {
      Check.vector(NAME, "squares", squares, prediction.dim(0));
      if (squares.dtype() != compute) {
        throw Check.fault(NAME, "squares", "must be " + compute + ", but is " + squares);
      }
    }
    int rows = (int) prediction.dim(0);
    int columns = (int) prediction.dim(1);
    int block = BlockSizes.around(columns, 16, MOST_COLUMNS);
    int most = Math.max(1, BlockSizes.elements(call.device()) / block);
    int blockRows = BlockSizes.around(rows, 1, most);
    call.start().array(prediction).array(target).array(mask).array(offset);
    call.array(residual).array(squares).integer(rows).integer(columns);
    call.integer(prediction.stride(0)).integer(target.stride(0));
    call.integer(mask.stride(0)).integer(residual.stride(0));
    call.constant(compute).constant(blockRows).constant(block);
    call.over(Grid.cdiv(rows, blockRows));
  }

  private static DType check(NdArray prediction, NdArray target, NdArray mask, NdArray residual) {
    Check.floatsOrDoubles(NAME, "prediction", prediction);
    PointSets.dense(NAME, "prediction", prediction);
    alike("target", target, prediction);
    Check.sameShape(NAME, "mask", mask, "prediction", prediction);
    PointSets.dense(NAME, "mask", mask);
    alike("residual", residual, prediction);
    Check.inPlaceOrApart(NAME, "residual", residual, "prediction", prediction);
    Check.inPlaceOrApart(NAME, "residual", residual, "target", target);
    Check.inPlaceOrApart(NAME, "residual", residual, "mask", mask);
    return PointSets.compute(prediction);
  }

  private static void alike(String argument, NdArray array, NdArray prediction) {
    Check.sameShape(NAME, argument, array, "prediction", prediction);
    Check.sameDType(NAME, argument, array, "prediction", prediction);
    PointSets.dense(NAME, argument, array);
  }
}
