package dev.kiln.kernels.reduction;

import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Sums of a matrix's columns, such as the gradient of a bias. Adds in fp32, always in the same
 * order. Not thread-safe.
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

  /**
   * @param x {@code M x N}, fp32, fp16 or bf16, any strides
   * @param sums {@code N} numbers, fp32, fp16 or bf16; 0 if {@code M} is 0
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void run(NdArray x, NdArray sums) {
    Check.matrix(NAME, "x", x);
    Check.floats(NAME, "x", x);
    Check.vector(NAME, "sums", sums, x.dim(1));
    Check.floats(NAME, "sums", sums);
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
        .constant(BLOCK_ROWS)
        .constant(blockCols)
        .over(Grid.cdiv(x.dim(1), blockCols));
  }
}
