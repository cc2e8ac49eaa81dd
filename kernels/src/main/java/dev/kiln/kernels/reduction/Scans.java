package dev.kiln.kernels.reduction;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Running sums, products, maxima and log-sum-exps along an axis of a contiguous array.
 *
 * <p>The arithmetic is in fp32, in fp64 for fp64 arrays, and in i64 for integers. NaN stays. The
 * result may be {@code x} itself. Not thread-safe.
 */
public final class Scans implements AutoCloseable {
  /** What is carried along. */
  public enum Kind {
    SUM("sum"),
    PROD("prod"),
    MAX("max"),
    LOG_SUM_EXP("logsumexp");

    private final String kernelName;

    Kind(String kernelName) {
      this.kernelName = kernelName;
    }
  }

  private static final String NAME = "Scans";
  private static final String FILE = "scan.py";
  private static final int ROW = 1024;
  private static final int COLUMNS = 1024;

  private final KernelCall ofRows;
  private final KernelCall ofColumns;
  private final KernelCall productBackward;
  private final Workspace products;

  // Extents of the array before the axis, along it, and behind it.
  private long outer;
  private long length;
  private long inner;

  public Scans(Device device) {
    ofRows = new KernelCall(FILE, "scan_rows_kernel", device);
    ofColumns = new KernelCall(FILE, "scan_columns_kernel", device);
    productBackward = new KernelCall(FILE, "product_backward_kernel", device);
    products = new Workspace(device);
  }

  /** {@link #run(Kind, NdArray, int, boolean, boolean, NdArray)} from the start, inclusive. */
  public void run(Kind kind, NdArray x, int axis, NdArray y) {
    run(kind, x, axis, false, false, y);
  }

  /**
   * {@code y[i] = f(x[0], .., x[i])} along an axis.
   *
   * @param axis below 0 counts from the end
   * @param reverse whether the scan runs from the end: {@code f(x[i], .., x[n - 1])}
   * @param exclusive whether {@code x[i]} itself is left out; the first result is 0, 1 or minus
   *     infinity (the least integer for a maximum of integers)
   * @param y of any dtype, of the shape of {@code x}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void run(Kind kind, NdArray x, int axis, boolean reverse, boolean exclusive, NdArray y) {
    if (kind == Kind.LOG_SUM_EXP) {
      Check.floatsOrDoubles(NAME, "x", x);
    }
    shape(x, axis);
    like("y", y, x);
    if (x.size() == 0) {
      return;
    }
    DType compute = Reductions.compute(x.dtype(), false);
    if (inner == 1) {
      int block = BlockSizes.around(length, 16, ROW);
      int rows = BlockSizes.around(outer, 1, ROW / block);
      ofRows.start().array(x).array(y).integer(outer).integer(length);
      ofRows.integer(length).integer(length);
      ofRows.constant(kind.kernelName).constant(reverse).constant(exclusive).constant(compute);
      ofRows.constant(rows).constant(block).over(Grid.cdiv(outer, rows));
      return;
    }
    int block = BlockSizes.around(inner, 16, COLUMNS);
    ofColumns.start().array(x).array(y).integer(length).integer(inner);
    ofColumns.integer(length * inner).integer(inner).integer(length * inner).integer(inner);
    ofColumns.constant(kind.kernelName).constant(reverse).constant(exclusive).constant(compute);
    ofColumns.constant(block).over((int) outer, Grid.cdiv(inner, block), 1);
  }

  /** The gradient of an inclusive running sum; {@code dx} may be {@code dy}. */
  public void sumBackward(NdArray dy, int axis, boolean reverse, NdArray dx) {
    Check.floatsOrDoubles(NAME, "dy", dy);
    run(Kind.SUM, dy, axis, !reverse, false, dx);
  }

  /**
   * The gradient of an inclusive running product, right for zeros too.
   *
   * @param x what was scanned
   * @param dx may be {@code dy}, not {@code x}
   */
  public void productBackward(NdArray x, NdArray dy, int axis, boolean reverse, NdArray dx) {
    Check.floatsOrDoubles(NAME, "x", x);
    shape(x, axis);
    like("dy", dy, x);
    like("dx", dx, x);
    Check.apart(NAME, "dx", dx, "x", x);
    if (x.size() == 0) {
      return;
    }
    DType compute = Reductions.compute(x.dtype(), false);
    NdArray before = products.array(compute, x.size());
    boolean isRows = inner == 1;
    long columns = isRows ? outer : inner;
    int block = BlockSizes.around(columns, 16, COLUMNS);
    productBackward.start().array(x).array(dy).array(before).array(dx);
    productBackward.integer(length).integer(columns);
    productBackward.integer(isRows ? 0 : length * inner).integer(inner);
    productBackward.integer(isRows ? length : 1).constant(reverse).constant(compute);
    productBackward.constant(block).over(isRows ? 1 : (int) outer, Grid.cdiv(columns, block), 1);
  }

  private void shape(NdArray x, int axis) {
    Check.contiguous(NAME, "x", x);
    int at = axis < 0 ? axis + x.rank() : axis;
    if (at < 0 || at >= x.rank()) {
      throw Check.fault(NAME, "axis", "must be an axis of 'x', but is " + axis + " for " + x);
    }
    outer = 1;
    inner = 1;
    length = x.dim(at);
    for (int i = 0; i < x.rank(); i++) {
      outer *= i < at ? x.dim(i) : 1;
      inner *= i > at ? x.dim(i) : 1;
    }
    if (outer > Integer.MAX_VALUE || length > Integer.MAX_VALUE || inner > Integer.MAX_VALUE) {
      throw Check.fault(NAME, "x", "must have at most 2147483647 elements along an axis");
    }
  }

  private static void like(String argument, NdArray array, NdArray x) {
    Check.sameShape(NAME, argument, array, "x", x);
    Check.contiguous(NAME, argument, array);
  }

  @Override
  public void close() {
    products.close();
  }
}
