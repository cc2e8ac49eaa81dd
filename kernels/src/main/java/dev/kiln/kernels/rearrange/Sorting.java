package dev.kiln.kernels.rearrange;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Sorts the rows of a matrix, and finds the best elements of each row.
 *
 * <p>Sorting is stable in either direction: equal elements keep their order, and so do both zeros,
 * which are equal. NaN is larger than every number, as in PyTorch. Values come back bit by bit. The
 * order is the same in every run. Not thread-safe.
 */
public final class Sorting implements AutoCloseable {
  private static final String NAME = "Sorting";
  private static final String FILE = "sort.py";

  /** Elements that are compared all with all. */
  private static final int RUN = 256;

  private static final int BLOCK_OF_RUN = 16;
  private static final int BLOCK = 1024;

  /** Small: a block is searched once for each element that enters the list. */
  private static final int BLOCK_OF_TOP = 256;

  /** The largest list of best elements that a program keeps; more are found by sorting. */
  private static final int LONGEST_LIST = 128;

  private final KernelCall rank;
  private final KernelCall merge;
  private final KernelCall take;
  private final KernelCall top;
  private final Workspace[] keys;
  private final Workspace[] indices;

  public Sorting(Device device) {
    rank = new KernelCall(FILE, "rank_runs_kernel", device);
    merge = new KernelCall(FILE, "merge_runs_kernel", device);
    take = new KernelCall(FILE, "take_sorted_kernel", device);
    top = new KernelCall(FILE, "top_k_kernel", device);
    keys = new Workspace[] {new Workspace(device), new Workspace(device)};
    indices = new Workspace[] {new Workspace(device), new Workspace(device)};
  }

  /**
   * Sorts each row.
   *
   * @param x a matrix of any dtype whose rows have no gaps
   * @param values receives the sorted elements, contiguous, of the shape and dtype of {@code x}, or
   *     null; not {@code x} itself
   * @param index receives where they come from, i32 or i64, contiguous, or null
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void sort(NdArray x, boolean descending, NdArray values, NdArray index) {
    check(x, x.rank() == 2 ? x.dim(1) : 0, values, index);
    if (x.size() > 0) {
      sorted(x, descending, x.dim(1), values, index);
    }
  }

  /**
   * The {@code k} largest elements of each row, the largest first; of equal ones the first. Fewer
   * than 129 are found in one pass over the row, more by sorting, and so are 64-bit integers.
   *
   * @param x a matrix of any dtype whose rows have no gaps
   * @param largest whether not the smallest are wanted, the smallest first; NaN comes first in both
   *     cases
   * @param values receives {@code k} elements for each row, contiguous, of the dtype of {@code x},
   *     or null
   * @param index receives where they are, i32 or i64, contiguous, or null
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void topK(NdArray x, int k, boolean largest, NdArray values, NdArray index) {
    check(x, k, values, index);
    if (k < 0 || k > x.dim(1)) {
      throw Check.fault(NAME, "k", "must be at most the length of a row, but is " + k);
    }
    if (x.dim(0) == 0 || k == 0) {
      return;
    }
    if (k > LONGEST_LIST || !hasSpareKey(x.dtype())) {
      sorted(x, largest, k, values, index);
      return;
    }
    top.start().array(x).array(values).array(index);
    top.integer(x.dim(1)).integer(k).integer(x.stride(0));
    top.constant(largest).constant(compute(x.dtype()));
    top.constant(BlockSizes.around(k, 16, LONGEST_LIST));
    top.constant(BlockSizes.around(x.dim(1), 16, BLOCK_OF_TOP)).over((int) x.dim(0));
  }

  /** Whether a key is left that is below those of all elements: for places yet empty in a list. */
  private static boolean hasSpareKey(DType dtype) {
    return dtype.isFloat() || dtype.bytes() < Long.BYTES;
  }

  private void sorted(NdArray x, boolean descending, long count, NdArray values, NdArray index) {
    int rows = (int) x.dim(0);
    int length = (int) x.dim(1);
    DType compute = compute(x.dtype());
    DType key = compute.bytes() == 8 ? DType.I64 : DType.I32;
    int run = BlockSizes.around(length, 16, RUN);
    int side = 0;
    rank.start().array(x).array(keys[side].array(key, x.size()));
    rank.array(indices[side].array(DType.I32, x.size())).integer(length).integer(x.stride(0));
    rank.constant(descending).constant(compute).constant(BLOCK_OF_RUN).constant(run);
    rank.over(rows, Grid.cdiv(length, run), 1);
    int block = BlockSizes.around(length, 16, BLOCK);
    for (long width = run; width < length; width *= 2) {
      merge.start().array(keys[side].array(key, x.size()));
      merge.array(indices[side].array(DType.I32, x.size()));
      side = 1 - side;
      merge.array(keys[side].array(key, x.size()));
      merge
          .array(indices[side].array(DType.I32, x.size()))
          .integer(length)
          .integer(Long.numberOfTrailingZeros(width));
      merge.constant(block);
      merge.over(rows, Grid.cdiv(length, block), 1);
    }
    take.start().array(x).array(indices[side].array(DType.I32, x.size()));
    take.array(values).array(index).integer(length).integer(count).integer(x.stride(0));
    int taken = BlockSizes.around(count, 16, BLOCK);
    take.constant(taken).over(rows, Grid.cdiv(count, taken), 1);
  }

  private static void check(NdArray x, long count, NdArray values, NdArray index) {
    if (x.rank() != 2 || x.dim(1) > 1 && x.stride(1) != 1) {
      throw Check.fault(NAME, "x", "must be a matrix whose rows have no gaps, but is " + x);
    }
    if (Math.max(x.dim(0), x.dim(1)) > Integer.MAX_VALUE / 2) {
      throw Check.fault(NAME, "x", "must have at most 1073741823 rows and columns, but is " + x);
    }
    if (values == null && index == null) {
      throw Check.fault(NAME, "values", "must be given if 'index' is not");
    }
    if (values != null) {
      Check.sameDType(NAME, "values", values, "x", x);
      Check.matrix(NAME, "values", values, x.dim(0), count);
      contiguous("values", values);
      Check.apart(NAME, "values", values, "x", x);
    }
    if (index != null) {
      Check.indices(NAME, "index", index);
      Check.matrix(NAME, "index", index, x.dim(0), count);
      contiguous("index", index);
    }
  }

  private static void contiguous(String argument, NdArray array) {
    if (array.size() > 0) {
      Check.contiguous(NAME, argument, array);
    }
  }

  private static DType compute(DType dtype) {
    if (dtype.isFloat()) {
      return dtype == DType.FP64 ? DType.FP64 : DType.FP32;
    }
    return DType.I64;
  }

  @Override
  public void close() {
    for (int side = 0; side < 2; side++) {
      keys[side].close();
      indices[side].close();
    }
  }
}
