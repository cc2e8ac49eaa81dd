package dev.kiln.kernels.reduction;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * The largest or smallest element along an axis and its index: of equal elements the lowest, of NaN
 * the first, which wins against every number. A zero is given back as +0. The results are
 * contiguous, with or without an extent of 1 in the place of the axis. Not thread-safe.
 */
public final class Extremes implements AutoCloseable {
  private static final String NAME = "Extremes";

  private final KernelCall call;
  private final Workspace values;
  private final Workspace indices;
  private final Reductions gradient;
  private final ReducedAxes axes;

  public Extremes(Device device) {
    call = new KernelCall("extreme.py", "extreme_kernel", device);
    values = new Workspace(device);
    indices = new Workspace(device);
    gradient = new Reductions(device);
    axes = new ReducedAxes(NAME, device.target().isGpu());
  }

  /**
   * The largest elements and where they are.
   *
   * @param x of any dtype, any strides
   * @param axis below 0 counts from the end; at least one element long
   * @param value receives the elements, or null
   * @param index receives their indices, i32 or i64, or null
   * @throws dev.kiln.runtime.KilnException if shapes or dtypes do not fit
   */
  public void largest(NdArray x, int axis, NdArray value, NdArray index) {
    run(x, axis, true, value, index);
  }

  /** The smallest, likewise. */
  public void smallest(NdArray x, int axis, NdArray value, NdArray index) {
    run(x, axis, false, value, index);
  }

  /**
   * {@code dx}: {@code dy} at the index, 0 elsewhere.
   *
   * @param index what came out of {@link #largest} or {@link #smallest}
   */
  public void backward(NdArray index, int axis, NdArray dy, NdArray dx) {
    Check.indices(NAME, "index", index);
    Check.contiguous(NAME, "index", index);
    axes.start(dx, axis);
    axes.checkKept("index", index);
    gradient.choiceBackward(index, dy, dx, axis);
  }

  private void run(NdArray x, int axis, boolean isLargest, NdArray value, NdArray index) {
    axes.start(x, axis);
    NdArray y = value == null ? index : value;
    if (y == null) {
      throw Check.fault(NAME, "value", "must be given if 'index' is not");
    }
    if (value != null) {
      axes.checkKept("value", value);
    }
    if (index != null) {
      Check.indices(NAME, "index", index);
      axes.checkKept("index", index);
    }
    if (y.size() == 0) {
      return;
    }
    if (axes.count() == 0) {
      throw Check.fault(NAME, "x", "must hold numbers along the axis, but is " + x);
    }
    axes.finish(false);
    DType compute = Reductions.compute(x.dtype(), true);
    int parts = axes.parts();
    if (parts == 1) {
      launch(x, null, value, index, y.size(), isLargest, compute);
      return;
    }
    NdArray best = values.array(compute, parts, y.size());
    NdArray where = indices.array(DType.I32, parts, y.size());
    launch(x, null, best, where, y.size(), isLargest, compute);
    axes.start(best, 0);
    axes.finish(false);
    axes.inOnePart();
    launch(best, where, value, index, y.size(), isLargest, compute);
  }

  private void launch(
      NdArray x,
      NdArray from,
      NdArray value,
      NdArray index,
      long ofPart,
      boolean isLargest,
      DType compute) {
    call.start().array(x).array(from).array(value).array(index);
    axes.extents(call);
    axes.steps(call);
    axes.ofXWithoutLoops(call);
    axes.ofY(call).integer(ofPart);
    call.constant(isLargest).constant(compute);
    axes.over(call);
  }

  @Override
  public void close() {
    values.close();
    indices.close();
    gradient.close();
  }
}
