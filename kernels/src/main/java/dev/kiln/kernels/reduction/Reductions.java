package dev.kiln.kernels.reduction;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * Reductions over any axes of an array with any strides, and their gradients.
 *
 * <p>The arithmetic is in fp32, in fp64 for fp64 arrays; integers are added and multiplied in i64.
 * The result is contiguous, with the axes that are kept, or with extents of 1 in the place of the
 * others, of any dtype. No axes stand for all. At most three kept axes and two reduced ones besides
 * those of a tile may remain after merging those that memory runs through in one.
 *
 * <p>A long reduction is split into parts whose number depends on shapes alone: the same bits in
 * every run and on any number of threads. Not thread-safe.
 */
public final class Reductions implements AutoCloseable {
  private static final String NAME = "Reductions";
  private static final String FILE = "reduce.py";

  private final KernelCall call;
  private final KernelCall gradient;
  private final Workspace partial;
  private final Workspace means;
  private final ReducedAxes axes;

  public Reductions(Device device) {
    call = new KernelCall(FILE, "reduce_kernel", device);
    gradient = new KernelCall(FILE, "reduce_backward_kernel", device);
    partial = new Workspace(device);
    means = new Workspace(device);
    axes = new ReducedAxes(NAME, device.target().isGpu());
  }

  /**
   * {@code y = f(x)} along axes; those below 0 count from the end. No numbers give 0, or 1 for
   * {@link Reduction#PROD} and {@link Reduction#ALL}, NaN for {@link Reduction#MEAN}, minus
   * infinity for {@link Reduction#LOG_SUM_EXP}.
   *
   * @throws dev.kiln.runtime.KilnException if shapes do not fit, {@code f} is not for integers, or
   *     no numbers have no largest one
   */
  public void run(Reduction f, NdArray x, NdArray y, int... over) {
    DType compute = compute(f, x);
    axes.start(x, over);
    axes.checkKept("y", y);
    long count = axes.count();
    if (count == 0 && !f.hasNeutral()) {
      throw Check.fault(NAME, "x", "must hold numbers for " + f + ", but is " + x);
    }
    double scale = f == Reduction.MEAN ? 1.0 / count : 1;
    String combine = count > 0 || !f.isTruth() ? f.combine() : f == Reduction.ANY ? "sum" : "prod";
    run(f.map(), combine, f == Reduction.L2, scale, compute, x, null, y, over);
  }

  /**
   * The variance along axes, or its root: the sum of squared deviations from the mean, which is
   * computed first, over {@code n - correction}.
   *
   * @param correction 1 for an estimate from a sample, 0 for a whole population
   * @param root whether {@code y} becomes the standard deviation
   */
  public void variance(NdArray x, double correction, boolean root, NdArray y, int... over) {
    DType compute = floats(x);
    axes.start(x, over);
    axes.checkKept("y", y);
    long count = axes.count();
    NdArray mean = mean(compute, x, y.size(), over);
    double scale = 1 / Math.max(0, count - correction);
    run("deviation", "sum", root, scale, compute, x, mean, y, over);
  }

  private NdArray mean(DType compute, NdArray x, long size, int... over) {
    NdArray mean = means.array(compute, size);
    double scale = 1.0 / axes.count();
    run("none", "sum", false, scale, compute, x, null, mean, over);
    return mean;
  }

  private void run(
      String map,
      String combine,
      boolean root,
      double scale,
      DType compute,
      NdArray x,
      NdArray center,
      NdArray y,
      int... over) {
    if (y.size() == 0) {
      return;
    }
    axes.start(x, over);
    axes.finish(true);
    int parts = axes.parts();
    if (parts == 1) {
      launch(map, combine, root, scale, compute, x, center, y, y.size());
      return;
    }
    NdArray rows = partial.array(compute, parts, y.size());
    launch(map, combine, false, 1, compute, x, center, rows, y.size());
    axes.start(rows, 0);
    axes.finish(true);
    axes.inOnePart();
    launch("none", combine, root, scale, compute, rows, null, y, y.size());
  }

  private void launch(
      String map,
      String combine,
      boolean root,
      double scale,
      DType compute,
      NdArray x,
      NdArray center,
      NdArray y,
      long ofPart) {
    call.start().array(x).array(center).array(y);
    axes.extents(call);
    axes.loops(call);
    axes.steps(call);
    axes.ofX(call);
    axes.ofY(call).integer(ofPart);
    number(call, compute, scale);
    call.constant(map).constant(combine).constant(root).constant(scale != 1).constant(compute);
    axes.over(call);
  }

  /**
   * {@code dx}, the gradient of {@code x}, from that of {@code y = f(x)}.
   *
   * @param x what was reduced; null for {@link Reduction#SUM} and {@link Reduction#MEAN}, which do
   *     not need it
   * @param y the result for {@link Reduction#L2} and {@link Reduction#LOG_SUM_EXP}, otherwise null
   * @param dy its gradient, contiguous
   * @throws dev.kiln.runtime.KilnException if shapes do not fit or {@code f} has no gradient
   */
  public void backward(Reduction f, NdArray x, NdArray y, NdArray dy, NdArray dx, int... over) {
    if (!f.hasGradient()) {
      throw Check.fault(NAME, "f", "must have a gradient, but is " + f);
    }
    boolean needsX = f != Reduction.SUM && f != Reduction.MEAN;
    boolean needsY = f == Reduction.L2 || f == Reduction.LOG_SUM_EXP;
    given("x", x, needsX);
    given("y", y, needsY);
    DType compute = floats(dx);
    axes.start(dx, over);
    double scale = f == Reduction.MEAN ? 1.0 / axes.count() : 1;
    backward(f.gradient(), compute, x, y, null, dy, scale, dx, over);
  }

  /**
   * The gradient of the variance: {@code dx = dy 2 (x - mean) / (n - correction)}. For a standard
   * deviation {@code s} give its gradient over {@code 2 s} as {@code dy}.
   */
  public void varianceBackward(NdArray x, double correction, NdArray dy, NdArray dx, int... over) {
    DType compute = floats(x);
    axes.start(x, over);
    axes.checkKept("dy", dy);
    double scale = 2 / Math.max(0, axes.count() - correction);
    NdArray mean = mean(compute, x, dy.size(), over);
    backward("variance", compute, x, mean, null, dy, scale, dx, over);
  }

  /** The gradient of a choice along one axis. */
  void choiceBackward(NdArray index, NdArray dy, NdArray dx, int axis) {
    backward("index", floats(dx), null, null, index, dy, 1, dx, axis);
  }

  private void backward(
      String kind,
      DType compute,
      NdArray x,
      NdArray y,
      NdArray index,
      NdArray dy,
      double scale,
      NdArray dx,
      int... over) {
    NdArray shape = x == null ? dx : x;
    Check.sameShape(NAME, "dx", dx, "x", shape);
    Check.floatsOrDoubles(NAME, "dy", dy);
    axes.start(shape, over);
    axes.checkKept("dy", dy);
    if (y != null && y.size() != dy.size()) {
      axes.checkKept("y", y);
    }
    if (dx.size() == 0) {
      return;
    }
    axes.gradient(dx);
    axes.finish(index == null);
    gradient.start().array(x).array(y).array(index).array(dy).array(dx);
    axes.extents(gradient);
    axes.loops(gradient);
    axes.steps(gradient);
    axes.ofX(gradient);
    axes.ofDx(gradient);
    axes.ofY(gradient);
    gradient.number(compute, scale).constant(kind).constant(compute);
    axes.over(gradient);
  }

  private static void given(String argument, NdArray array, boolean isNeeded) {
    if ((array != null) != isNeeded) {
      String rule = isNeeded ? "must be given for this function" : "must be null for this function";
      throw Check.fault(NAME, argument, rule);
    }
  }

  private static void number(KernelCall call, DType compute, double value) {
    if (compute.isFloat()) {
      call.number(compute, value);
    } else {
      call.integer((long) value);
    }
  }

  private static DType floats(NdArray x) {
    Check.floatsOrDoubles(NAME, "x", x);
    return x.dtype() == DType.FP64 ? DType.FP64 : DType.FP32;
  }

  private static DType compute(Reduction f, NdArray x) {
    if (f.isOfFloats()) {
      return floats(x);
    }
    return compute(x.dtype(), f == Reduction.MAX || f == Reduction.MIN || f.isTruth());
  }

  /** What numbers of a dtype are compared or added up in. */
  static DType compute(DType dtype, boolean isComparison) {
    if (dtype.isFloat()) {
      return dtype == DType.FP64 ? DType.FP64 : DType.FP32;
    }
    boolean isNarrow = dtype.bytes() < 4 || dtype == DType.I32;
    return isComparison && isNarrow ? DType.I32 : DType.I64;
  }

  @Override
  public void close() {
    partial.close();
    means.close();
  }
}
