package dev.kiln.kernels.elementwise;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * How matrices of one shape are cut into tiles of about as many elements as a program may have:
 * whole rows as far as possible, several of them if they are short. Matrices without gaps between
 * their rows count as one row, unless columns have a meaning. Set again for each launch; not
 * thread-safe.
 */
public final class RowTile {
  private int rows;
  private int columns;
  private int blockRows;
  private int blockColumns;

  /** For a matrix whose columns have a meaning. */
  public RowTile of(NdArray matrix) {
    return of(matrix.device(), (int) matrix.dim(0), (int) matrix.dim(1));
  }

  public RowTile of(Device device, int newRows, int newColumns) {
    int most = BlockSizes.elements(device);
    rows = newRows;
    columns = newColumns;
    blockColumns = BlockSizes.around(columns, 16, most);
    blockRows = BlockSizes.around(rows, 1, most / blockColumns);
    return this;
  }

  /** For the elements of an array as one long row. */
  RowTile ofElements(NdArray array) {
    return of(array.device(), 1, Math.toIntExact(array.size()));
  }

  public int rows() {
    return rows;
  }

  public int columns() {
    return columns;
  }

  public int blockRows() {
    return blockRows;
  }

  public int blockColumns() {
    return blockColumns;
  }

  public boolean isEmpty() {
    return rows == 0 || columns == 0;
  }

  public int rowBlocks() {
    return Grid.cdiv(rows, blockRows);
  }

  public int columnBlocks() {
    return Grid.cdiv(columns, blockColumns);
  }

  /** The kernel's last constants, and a program for each tile. */
  public void over(KernelCall call) {
    call.constant(blockRows).constant(blockColumns).over(rowBlocks(), columnBlocks(), 1);
  }

  /** A matrix of floats whose rows lie densely, at any distance, of the shape of another. */
  static void check(String operation, String argument, NdArray array, String other, NdArray like) {
    Check.floatsOrDoubles(operation, argument, array);
    Check.matrix(operation, argument, array);
    if (array.stride(1) != 1 && array.dim(1) > 1) {
      throw Check.fault(operation, argument, "must have rows without gaps, but is " + array);
    }
    Check.sameShape(operation, argument, array, other, like);
    Check.sameDType(operation, argument, array, other, like);
  }

  /** What a kernel on these arrays computes in. */
  public static DType compute(NdArray array) {
    return array.dtype() == DType.FP64 ? DType.FP64 : DType.FP32;
  }

  /** The distance of a matrix's rows; any number for one row. */
  public static long stride(NdArray matrix) {
    return matrix.stride(0);
  }
}
