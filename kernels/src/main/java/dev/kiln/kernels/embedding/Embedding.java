package dev.kiln.kernels.embedding;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Rows of a table by index, times a factor, and the table's gradient.
 *
 * <p>A row's gradient is added up over the places of its index in their order, in fp32 (fp64 for
 * fp64 arrays): the same bits in every run. An index outside the table gives a row of NaN and has
 * no gradient. Not thread-safe.
 */
public final class Embedding implements AutoCloseable {
  /** For {@link #backward}: no index is padding. */
  public static final long NO_PADDING = -1;

  private static final String NAME = "Embedding";
  private static final String FILE = "embedding.py";
  private static final int ELEMENTS_OF_PROGRAM = 32_768;
  private static final int MOST_COLUMNS = 2048;

  /** Programs that link places: each looks through all indices. */
  private static final int LINKERS_OF_CPU = 8;

  private static final int LINKERS_OF_GPU = 256;
  private static final int BLOCK_OF_LINKS = 256;

  private final boolean isGpu;
  private final KernelCall forward;
  private final KernelCall link;
  private final KernelCall backward;
  private final Workspace firsts;
  private final Workspace nexts;

  public Embedding(Device device) {
    isGpu = device.target().isGpu();
    forward = new KernelCall(FILE, "embedding_forward_kernel", device);
    link = new KernelCall(FILE, "link_places_kernel", device);
    backward = new KernelCall(FILE, "embedding_backward_kernel", device);
    firsts = new Workspace(device);
    nexts = new Workspace(device);
  }

  /** {@link #forward(NdArray, NdArray, double, NdArray)} with the factor 1. */
  public void forward(NdArray table, NdArray indices, NdArray y) {
    forward(table, indices, 1, y);
  }

  /**
   * {@code y[t] = scale table[indices[t]]}.
   *
   * @param table fp32, fp16, bf16 or fp64: a matrix whose rows have no gaps
   * @param indices i32 or i64, contiguous, of any shape
   * @param y a matrix with a row for each index, of any of these dtypes
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void forward(NdArray table, NdArray indices, double scale, NdArray y) {
    check(table, "table", indices, y, "y");
    Check.apart(NAME, "y", y, "table", table);
    if (y.size() == 0) {
      return;
    }
    DType compute = compute(table);
    int columns = (int) table.dim(1);
    int block = BlockSizes.around(columns, 16, MOST_COLUMNS);
    int rows = BlockSizes.around(indices.size(), 1, ELEMENTS_OF_PROGRAM / block);
    forward
        .start()
        .array(table)
        .array(indices)
        .array(y)
        .integer(indices.size())
        .integer(table.dim(0))
        .integer(columns)
        .integer(table.stride(0))
        .integer(y.stride(0))
        .number(compute, scale)
        .constant(compute)
        .constant(rows)
        .constant(block)
        .over(Grid.cdiv(indices.size(), rows), Grid.cdiv(columns, block), 1);
  }

  /** The table's gradient without padding and with the factor 1, in the place of what was there. */
  public void backward(NdArray indices, NdArray dy, NdArray dtable) {
    backward(indices, dy, 1, NO_PADDING, false, dtable);
  }

  /**
   * {@code dtable[v] = scale} times the sum of {@code dy[t]} over all {@code t} with the index
   * {@code v}; 0 for a row that no index names.
   *
   * @param dy the gradient of what came out of {@link #forward}
   * @param paddingIndex an index that has no gradient, or {@link #NO_PADDING}
   * @param accumulate whether the sums are added to what {@code dtable} holds
   * @param dtable fp32, fp16, bf16 or fp64: a matrix of the table's size whose rows have no gaps
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void backward(
      NdArray indices,
      NdArray dy,
      double scale,
      long paddingIndex,
      boolean accumulate,
      NdArray dtable) {
    check(dtable, "dtable", indices, dy, "dy");
    Check.apart(NAME, "dtable", dtable, "dy", dy);
    if (paddingIndex < NO_PADDING || paddingIndex >= dtable.dim(0)) {
      throw Check.fault(
          NAME, "paddingIndex", "must be a row of the table or -1, but is " + paddingIndex);
    }
    if (dtable.size() == 0) {
      return;
    }
    NdArray first = firsts.array(DType.I32, dtable.dim(0));
    NdArray next = nexts.array(DType.I32, Math.max(1, indices.size()));
    link(indices, first, next, paddingIndex);
    DType compute = compute(dtable);
    int columns = (int) dtable.dim(1);
    int block = BlockSizes.around(columns, 16, MOST_COLUMNS);
    int rows = BlockSizes.around(dtable.dim(0), 1, ELEMENTS_OF_PROGRAM / block);
    backward
        .start()
        .array(first)
        .array(next)
        .array(dy)
        .array(dtable)
        .integer(dtable.dim(0))
        .integer(columns)
        .integer(dy.stride(0))
        .integer(dtable.stride(0))
        .number(compute, scale)
        .constant(accumulate)
        .constant(compute)
        .constant(rows)
        .constant(block)
        .over(Grid.cdiv(dtable.dim(0), rows), Grid.cdiv(columns, block), 1);
  }

  private void link(NdArray indices, NdArray first, NdArray next, long paddingIndex) {
    int programs = isGpu ? LINKERS_OF_GPU : LINKERS_OF_CPU;
    int rows = Grid.cdiv(first.size(), programs);
    link.start()
        .array(indices)
        .array(first)
        .array(next)
        .integer(indices.size())
        .integer(first.size())
        .integer(rows)
        .integer(paddingIndex)
        .constant(BlockSizes.around(rows, 16, 1024))
        .constant(BLOCK_OF_LINKS)
        .over(Grid.cdiv(first.size(), rows));
  }

  private static void check(
      NdArray table, String tableName, NdArray indices, NdArray rows, String rowsName) {
    Check.floatsOrDoubles(NAME, tableName, table);
    rows(tableName, table);
    Check.indices(NAME, "indices", indices);
    Check.elements(NAME, "indices", indices);
    Check.floatsOrDoubles(NAME, rowsName, rows);
    rows(rowsName, rows);
    if (rows.dim(0) != indices.size() || rows.dim(1) != table.dim(1)) {
      throw Check.fault(
          NAME,
          rowsName,
          "must be of " + indices.size() + " x " + table.dim(1) + ", but is " + rows);
    }
  }

  private static void rows(String argument, NdArray array) {
    if (array.rank() != 2 || array.dim(1) > 1 && array.stride(1) != 1) {
      throw Check.fault(
          NAME, argument, "must be a matrix whose rows have no gaps, but is " + array);
    }
  }

  private static DType compute(NdArray array) {
    return array.dtype() == DType.FP64 ? DType.FP64 : DType.FP32;
  }

  @Override
  public void close() {
    firsts.close();
    nexts.close();
  }
}
