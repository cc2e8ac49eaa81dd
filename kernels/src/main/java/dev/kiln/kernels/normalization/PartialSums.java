package dev.kiln.kernels.normalization;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Sums over rows that programs take in parts and a second kernel adds up in order, so that the bits
 * do not depend on the number of threads.
 */
final class PartialSums implements AutoCloseable {
  private static final int BLOCK = 1024;
  private static final int ROWS_PER_PART = 16;
  private static final int PARTS_ON_CPU = 32;
  private static final int PARTS_ON_GPU = 256;

  private final KernelCall call;
  private final Workspace workspace;
  private final int mostParts;

  PartialSums(Device device) {
    call = new KernelCall("partial_sums.py", "partial_sums_kernel", device);
    workspace = new Workspace(device);
    mostParts = device.target().isGpu() ? PARTS_ON_GPU : PARTS_ON_CPU;
  }

  /** How many rows a part has: a multiple of {@code tileRows}. */
  int partRows(long rows, int tileRows) {
    int parts = (int) Math.clamp(rows / ROWS_PER_PART, 1, mostParts);
    return tileRows * Math.max(1, Grid.cdiv(Grid.cdiv(rows, parts), tileRows));
  }

  /**
   * {@code parts} dense rows of {@code columns} numbers; null if there is nothing to sum up for.
   */
  NdArray parts(NdArray sums, DType compute, long parts, long columns) {
    return sums == null ? null : workspace.array(compute, parts, columns);
  }

  /** Adds up what programs have written to {@link #parts}. */
  void add(NdArray sums, DType compute, long parts, long columns) {
    if (sums == null || columns == 0) {
      return;
    }
    int block = BlockSizes.around(columns, 16, BLOCK);
    call.start()
        .array(workspace.array(compute, parts, columns))
        .array(sums)
        .integer(parts)
        .integer(columns)
        .constant(compute)
        .constant(block)
        .over(Grid.cdiv(columns, block));
  }

  @Override
  public void close() {
    workspace.close();
  }
}
