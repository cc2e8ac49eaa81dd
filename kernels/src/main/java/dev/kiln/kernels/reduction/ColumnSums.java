package dev.kiln.kernels.reduction;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Sums of a matrix's columns, such as the gradient of a bias. Adds in fp32 (fp64 for fp64 arrays),
 * always in the same order. Not thread-safe.
 */
public final class ColumnSums {
  private static final String NAME = "ColumnSums";
  private static final String FILE = "column_sums.py";
  private static final int BLOCK_ROWS = 16;
  private static final int BLOCK_COLS = 256;

  private final KernelCall call;

  public ColumnSums(Device device) {
    call = new KernelCall(FILE, "column_sums_kernel", device);
  }

  /** The sums in the place of what was there. */
  public void run(NdArray x, NdArray sums) {
    run(x, false, sums);
  }

  /**
   * @param x {@code M x N}, fp32, fp16, bf16 or fp64, any strides
   * @param accumulate whether the sums are added to what {@code sums} holds, as for a gradient of
   *     several batches
   * @param sums {@code N} numbers, of any of these dtypes
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void run(NdArray x, boolean accumulate, NdArray sums) {
    Check.matrix(NAME, "x", x);
    Check.floatsOrDoubles(NAME, "x", x);
    Check.vector(NAME, "sums", sums, x.dim(1));
    Check.floatsOrDoubles(NAME, "sums", sums);
    int blockCols = BlockSizes.around(x.dim(1), 16, BLOCK_COLS);
    if (x.dim(1) == 0) {
      return;
    }
    call.start()
        .array(x)
        .array(sums)
        .integer(x.dim(0))
        .integer(x.dim(1))
        .integer(x.stride(0))
        .integer(x.stride(1))
        .constant(accumulate)
        .constant(x.dtype() == DType.FP64 ? DType.FP64 : DType.FP32)
        .constant(BLOCK_ROWS)
        .constant(blockCols)
        .over(Grid.cdiv(x.dim(1), blockCols));
  }
}
