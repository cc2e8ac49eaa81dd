package dev.kiln.kernels.rearrange;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Elements and slices chosen by index along an axis, and the ways back. All arrays are contiguous,
 * of any dtype; indices are i32 or i64.
 *
 * <p>An index outside the axis, below 0 too, gives NaN, or 0 where there is no NaN; on the way back
 * it does nothing. Sums are added up in the order of the positions along the axis, in fp32 (fp64
 * for fp64 arrays, i64 for integers): the same bits in every run. Not thread-safe.
 */
public final class Indexing implements AutoCloseable {
  private static final String NAME = "Indexing";
  private static final String FILE = "gather.py";
  private static final int BLOCK = 1024;
  private static final int ELEMENTS_OF_PROGRAM = 32_768;

  private final KernelCall gather;
  private final KernelCall select;
  private final KernelCall scatter;
  private final KernelCall addRows;
  private final Pointwise pointwise;
  private final Workspace sums;

  // Extents before the axis and behind it.
  private long outer;
  private long inner;

  public Indexing(Device device) {
    gather = new KernelCall(FILE, "gather_kernel", device);
    select = new KernelCall(FILE, "select_kernel", device);
    scatter = new KernelCall(FILE, "scatter_kernel", device);
    addRows = new KernelCall(FILE, "add_rows_kernel", device);
    pointwise = new Pointwise(device);
    sums = new Workspace(device);
  }

  /**
   * {@code y[.., j, ..] = x[.., index[.., j, ..], ..]}.
   *
   * @param axis below 0 counts from the end
   * @param index of the shape of {@code x} but for the length of the axis
   * @param y of the shape of {@code index} and the dtype of {@code x}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void gather(NdArray x, int axis, NdArray index, NdArray y) {
    int at = shape("x", x, axis);
    checkIndex(index);
    sizes("index", index, x, at, index.rank() == x.rank() ? index.dim(at) : 0);
    Check.sameShape(NAME, "y", y, "index", index);
    output(y, x);
    if (y.size() == 0) {
      return;
    }
    long places = index.dim(at) * inner;
    int block = BlockSizes.around(places, 16, BLOCK);
    gather.start().array(x).array(index).array(y);
    gather.integer(x.dim(at)).integer(index.dim(at)).integer(inner);
    gather.constant(x.dtype().isFloat()).constant(block);
    gather.over((int) outer, Grid.cdiv(places, block), 1);
  }

  /**
   * Slices by index: {@code y[.., j, ..] = x[.., index[j], ..]}.
   *
   * @param index a vector
   * @param y of the shape of {@code x} but for the axis, which is as long as {@code index}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void select(NdArray x, int axis, NdArray index, NdArray y) {
    int at = shape("x", x, axis);
    checkVector(index);
    sizes("y", y, x, at, index.dim(0));
    output(y, x);
    if (y.size() == 0) {
      return;
    }
    int block = BlockSizes.around(inner, 1, BLOCK);
    int rows = BlockSizes.around(index.dim(0), 1, ELEMENTS_OF_PROGRAM / block);
    select.start().array(x).array(index).array(y);
    select.integer(x.dim(at)).integer(index.dim(0)).integer(inner);
    select.constant(x.dtype().isFloat()).constant(rows).constant(block);
    select.over(Grid.cdiv(index.dim(0), rows), Grid.cdiv(inner, block), (int) outer);
  }

  /**
   * {@code y[.., index[.., j, ..], ..] = x[.., j, ..]}; of several elements for one place the last
   * stays. Other elements of {@code y} stay what they are.
   *
   * @param index of the shape of {@code x}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void scatter(NdArray x, int axis, NdArray index, NdArray y) {
    scatter(x, axis, index, false, y);
  }

  /**
   * {@code y[.., index[.., j, ..], ..] += x[.., j, ..]}: the gradient of {@link #gather} into
   * {@code y}.
   */
  public void scatterAdd(NdArray x, int axis, NdArray index, NdArray y) {
    scatter(x, axis, index, true, y);
  }

  private void scatter(NdArray x, int axis, NdArray index, boolean add, NdArray y) {
    int at = shape("x", x, axis);
    checkIndex(index);
    Check.sameShape(NAME, "index", index, "x", x);
    sizes("y", y, x, at, y.rank() == x.rank() ? y.dim(at) : 0);
    output(y, x);
    if (x.size() == 0 || y.size() == 0) {
      return;
    }
    NdArray target = add ? wide(y) : y;
    boolean isRows = inner == 1;
    long columns = isRows ? outer : inner;
    long count = x.dim(at);
    long length = y.dim(at);
    int block = BlockSizes.around(columns, 16, BLOCK);
    scatter.start().array(x).array(index).array(target);
    scatter.integer(length).integer(count).integer(columns);
    scatter.integer(isRows ? 0 : count * inner).integer(isRows ? 0 : length * inner).integer(inner);
    scatter.integer(isRows ? count : 1).integer(isRows ? length : 1);
    scatter.constant(add).constant(compute(y.dtype())).constant(block);
    scatter.over(isRows ? 1 : (int) outer, Grid.cdiv(columns, block), 1);
    narrow(target, y);
  }

  /**
   * {@code y[.., index[j], ..] += x[.., j, ..]}: the gradient of {@link #select} into {@code y}.
   *
   * @param index a vector
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void addRows(NdArray x, int axis, NdArray index, NdArray y) {
    int at = shape("y", y, axis);
    checkVector(index);
    sizes("x", x, y, at, index.dim(0));
    output(x, y);
    if (x.size() == 0 || y.size() == 0) {
      return;
    }
    NdArray target = wide(y);
    int block = BlockSizes.around(inner, 16, BLOCK);
    addRows.start().array(x).array(index).array(target);
    addRows.integer(y.dim(at)).integer(index.dim(0)).integer(inner);
    addRows.constant(compute(y.dtype())).constant(block);
    addRows.over((int) outer, Grid.cdiv(inner, block), 1);
    narrow(target, y);
  }

  /** Sums of fp16 and bf16 are kept in fp32 until all have been added. */
  private NdArray wide(NdArray y) {
    if (y.dtype() == compute(y.dtype()) || !y.dtype().isFloat()) {
      return y;
    }
    NdArray wide = sums.array(compute(y.dtype()), y.shape());
    pointwise.copy(y, wide);
    return wide;
  }

  private void narrow(NdArray wide, NdArray y) {
    if (wide != y) {
      pointwise.copy(wide, y);
    }
  }

  private int shape(String argument, NdArray x, int axis) {
    int at = axis < 0 ? axis + x.rank() : axis;
    if (at < 0 || at >= x.rank()) {
      throw Check.fault(
          NAME, "axis", "must be an axis of '" + argument + "', but is " + axis + " for " + x);
    }
    outer = 1;
    inner = 1;
    for (int i = 0; i < x.rank(); i++) {
      outer *= i < at ? x.dim(i) : 1;
      inner *= i > at ? x.dim(i) : 1;
    }
    if (outer > 65_535 && inner > 1 || outer > Integer.MAX_VALUE) {
      throw Check.fault(NAME, argument, "must have fewer elements before the axis, but is " + x);
    }
    contiguous(argument, x);
    return at;
  }

  private static void sizes(String argument, NdArray array, NdArray x, int axis, long length) {
    boolean fits = array.rank() == x.rank();
    for (int i = 0; fits && i < x.rank(); i++) {
      fits = array.dim(i) == (i == axis ? length : x.dim(i));
    }
    if (!fits) {
      throw Check.fault(
          NAME, argument, "must have the shape of " + x + " but for the axis, but is " + array);
    }
    contiguous(argument, array);
  }

  private static void contiguous(String argument, NdArray array) {
    if (array.size() > 0) {
      Check.contiguous(NAME, argument, array);
    }
  }

  private static void checkIndex(NdArray index) {
    Check.indices(NAME, "index", index);
    contiguous("index", index);
  }

  private static void checkVector(NdArray index) {
    Check.indices(NAME, "index", index);
    Check.vector(NAME, "index", index, index.size());
  }

  private static void output(NdArray y, NdArray x) {
    Check.sameDType(NAME, "y", y, "x", x);
    Check.apart(NAME, "y", y, "x", x);
  }

  private static DType compute(DType dtype) {
    if (dtype.isFloat()) {
      return dtype == DType.FP64 ? DType.FP64 : DType.FP32;
    }
    return DType.I64;
  }

  @Override
  public void close() {
    sums.close();
  }
}
