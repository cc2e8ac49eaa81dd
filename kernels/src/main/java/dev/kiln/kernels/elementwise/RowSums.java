package dev.kiln.kernels.elementwise;

import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/** Adds up the rows of sums that the programs of another kernel have left, in their order. */
final class RowSums {
  private static final int COLUMNS = 1024;

  private final KernelCall call;

  RowSums(Device device) {
    call = new KernelCall("bias_activation.py", "add_up_rows_kernel", device);
  }

  /**
   * @param sums rows of as many numbers as {@code result} has
   * @param rows how many of them count
   */
  void run(NdArray sums, int rows, NdArray result) {
    int columns = (int) result.size();
    int block = BlockSizes.around(columns, 16, COLUMNS);
    call.start()
        .array(sums)
        .array(result)
        .integer(rows)
        .integer(columns)
        .constant(block)
        .over(Grid.cdiv(columns, block));
  }
}
