package dev.kiln.kernels.elementwise;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * The arithmetic of a tensor library: functions of one, two or three arrays, element by element.
 *
 * <p>Arrays have any strides; operands are broadcast to the shape of the result as in NumPy: axes
 * are aligned at the right, missing ones and extents of 1 repeat. At most five axes may remain
 * after merging those that memory runs through in one. Every dtype can be mixed with every other:
 * the arithmetic is in fp64 if an operand is fp64, otherwise in fp32 if one is a float, otherwise
 * in i64 if one is i64, u64 or u32, otherwise in i32; the result is converted to the dtype of
 * {@code y}.
 *
 * <p>The result may be an operand itself, but may not overlap one in another way. A gradient has
 * the shape of the result; one that belongs to a repeated operand remains to be added up along the
 * repeated axes. Not thread-safe.
 */
public final class Pointwise {
  private static final String NAME = "Pointwise";

  private final KernelCall call;
  private final StridedAxes axes = new StridedAxes(NAME);

  public Pointwise(Device device) {
    call = new KernelCall("pointwise.py", "pointwise_kernel", device);
  }

  /** {@code y = x} in another dtype, with other strides, or repeated. */
  public void copy(NdArray x, NdArray y) {
    unary(UnaryFunction.COPY, x, y);
  }

  /**
   * {@code y = f(x)}.
   *
   * @throws dev.kiln.runtime.KilnException if shapes do not fit, or if integers do not have {@code
   *     f}
   */
  public void unary(UnaryFunction f, NdArray x, NdArray y) {
    DType compute = f == UnaryFunction.COPY ? x.dtype() : compute(x, null, null);
    if (!f.ofIntegers() && !compute.isFloat()) {
      throw Check.fault(NAME, "x", "must be of floats for " + f + ", but is " + x);
    }
    run("unary", f.kernelName(), compute, "x", x, "b", null, "c", null, 0, 0, y);
  }

  /**
   * {@code dx = dy f'(x)}.
   *
   * @throws dev.kiln.runtime.KilnException if shapes do not fit or {@code f} has no gradient
   */
  public void unaryGradient(UnaryFunction f, NdArray x, NdArray dy, NdArray dx) {
    gradientOf(f.hasGradient(), f);
    DType compute = floats(x, dy, null);
    run("unary_gradient", f.kernelName(), compute, "x", x, "dy", dy, "c", null, 0, 0, dx);
  }

  /** {@code y = f(a, b)}; {@link BinaryFunction#SCALE_ADD} with factors 1. */
  public void binary(BinaryFunction f, NdArray a, NdArray b, NdArray y) {
    binary(f, a, b, 1, 1, y);
  }

  /** {@code y = f(a, b)} with a number {@code b}, which integers round towards zero. */
  public void binary(BinaryFunction f, NdArray a, double b, NdArray y) {
    if (f == BinaryFunction.SCALE_ADD) {
      throw Check.fault(NAME, "f", "must not be SCALE_ADD with a number");
    }
    run("binary", f.kernelName(), compute(f, a, null), "a", a, "b", null, "c", null, b, 0, y);
  }

  /** {@code y = alpha a + beta b}. */
  public void scaleAdd(double alpha, NdArray a, double beta, NdArray b, NdArray y) {
    binary(BinaryFunction.SCALE_ADD, a, b, alpha, beta, y);
  }

  private void binary(
      BinaryFunction f, NdArray a, NdArray b, double alpha, double beta, NdArray y) {
    DType compute = compute(f, a, b);
    run("binary", f.kernelName(), compute, "a", a, "b", b, "c", null, alpha, beta, y);
  }

  /**
   * {@link #binaryGradient(BinaryFunction, NdArray, NdArray, double, double, NdArray, NdArray,
   * NdArray)} with factors 1.
   */
  public void binaryGradient(
      BinaryFunction f, NdArray a, NdArray b, NdArray dy, NdArray da, NdArray db) {
    binaryGradient(f, a, b, 1, 1, dy, da, db);
  }

  /**
   * The gradients of {@code f(a, b)}, in the shape of {@code dy}.
   *
   * @param alpha factor of {@code a} in {@link BinaryFunction#SCALE_ADD}
   * @param beta factor of {@code b}
   * @param dy the gradient of the result
   * @param da receives that of {@code a}, or null
   * @param db receives that of {@code b}, or null; only the one written last may be an operand
   * @throws dev.kiln.runtime.KilnException if shapes do not fit or {@code f} has no gradient
   */
  public void binaryGradient(
      BinaryFunction f,
      NdArray a,
      NdArray b,
      double alpha,
      double beta,
      NdArray dy,
      NdArray da,
      NdArray db) {
    gradientOf(f.hasGradient(), f);
    DType compute = floats(a, b, dy);
    if (da != null) {
      run("left_gradient", f.kernelName(), compute, "a", a, "b", b, "dy", dy, alpha, beta, da);
    }
    if (db != null) {
      run("right_gradient", f.kernelName(), compute, "a", a, "b", b, "dy", dy, alpha, beta, db);
    }
  }

  /**
   * The gradient of {@code f(a, b)} with a number {@code b}.
   *
   * @param dy the gradient of the result
   * @param da receives that of {@code a}, in the shape of {@code dy}
   * @throws dev.kiln.runtime.KilnException if shapes do not fit or {@code f} has no gradient
   */
  public void binaryGradient(BinaryFunction f, NdArray a, double b, NdArray dy, NdArray da) {
    gradientOf(f.hasGradient(), f);
    run(
        "left_gradient",
        f.kernelName(),
        floats(a, dy, null),
        "a",
        a,
        "b",
        null,
        "dy",
        dy,
        b,
        0,
        da);
  }

  /** {@code y = f(a, b, c)}. */
  public void ternary(TernaryFunction f, NdArray a, NdArray b, NdArray c, NdArray y) {
    DType compute = f == TernaryFunction.WHERE ? where(a, b, c) : compute(a, b, c);
    run("ternary", f.kernelName(), compute, "a", a, "b", b, "c", c, 0, 0, y);
  }

  /** {@code y = f(a, b, c)} with a number {@code c}. */
  public void ternary(TernaryFunction f, NdArray a, NdArray b, double c, NdArray y) {
    DType compute = f == TernaryFunction.WHERE ? where(a, b, null) : compute(a, b, null);
    run("ternary", f.kernelName(), compute, "a", a, "b", b, "c", null, 0, c, y);
  }

  /** {@code y = f(a, b, c)} with two numbers, such as the bounds of a clamp. */
  public void ternary(TernaryFunction f, NdArray a, double b, double c, NdArray y) {
    DType compute = f == TernaryFunction.WHERE ? compute(y, null, null) : compute(a, null, null);
    run("ternary", f.kernelName(), compute, "a", a, "b", null, "c", null, b, c, y);
  }

  private void run(
      String kind,
      String function,
      DType compute,
      String aName,
      NdArray a,
      String bName,
      NdArray b,
      String cName,
      NdArray c,
      double alpha,
      double beta,
      NdArray y) {
    axes.start(y);
    axes.operand(aName, a);
    axes.operand(bName, b);
    axes.operand(cName, c);
    Check.inPlaceOrApart(NAME, "y", y, aName, a);
    Check.inPlaceOrApart(NAME, "y", y, bName, b);
    Check.inPlaceOrApart(NAME, "y", y, cName, c);
    if (y.size() == 0) {
      return;
    }
    axes.finish();
    int columns = (int) axes.extent(4);
    int rows = (int) axes.rows();
    int most = BlockSizes.elements(y.device());
    // A square where an operand has its neighbours along another axis: cache lines are shared.
    int blockColumns = BlockSizes.around(columns, 1, axes.hasStep() ? (int) Math.sqrt(most) : most);
    int blockRows = BlockSizes.around(rows, 1, Math.max(1, most / blockColumns));
    call.start().array(y).array(a).array(b).array(c);
    number(compute, alpha);
    number(compute, beta);
    call.integer(rows).integer(columns);
    call.integer(axes.extent(1)).integer(axes.extent(2)).integer(axes.extent(3));
    for (int array = 0; array < 4; array++) {
      for (int axis = 0; axis < StridedAxes.AXES; axis++) {
        call.integer(axes.stride(array, axis));
      }
    }
    call.constant(function).constant(kind).constant(compute).constant(axes.outer());
    for (int array = 1; array < 4; array++) {
      call.constant(axes.stride(array, 4) != 0);
    }
    call.constant(blockRows)
        .constant(blockColumns)
        .over(Grid.cdiv(rows, blockRows), Grid.cdiv(columns, blockColumns), 1);
  }

  private void number(DType compute, double value) {
    if (compute.isFloat()) {
      call.number(compute, value);
    } else {
      call.integer((long) value);
    }
  }

  private static DType compute(BinaryFunction f, NdArray a, NdArray b) {
    DType compute = compute(a, b, null);
    if (f == BinaryFunction.POW && !compute.isFloat()) {
      throw Check.fault(NAME, "a", "must be of floats for POW, but is " + a);
    }
    return compute;
  }

  /** The condition of a selection takes no part in its arithmetic. */
  private static DType where(NdArray condition, NdArray b, NdArray c) {
    DType compute = compute(b, c, null);
    return condition.dtype().isFloat() && !compute.isFloat() ? DType.FP64 : compute;
  }

  private static DType floats(NdArray a, NdArray b, NdArray c) {
    DType compute = compute(a, b, c);
    return compute.isFloat() ? compute : DType.FP32;
  }

  private static DType compute(NdArray a, NdArray b, NdArray c) {
    DType compute = DType.I32;
    for (int i = 0; i < 3; i++) {
      NdArray array = i == 0 ? a : i == 1 ? b : c;
      if (array != null) {
        compute = wider(compute, array.dtype());
      }
    }
    return compute;
  }

  private static DType wider(DType compute, DType dtype) {
    if (compute == DType.FP64 || dtype == DType.FP64) {
      return DType.FP64;
    }
    if (compute.isFloat() || dtype.isFloat()) {
      return DType.FP32;
    }
    boolean isWide = dtype.bytes() == 8 || dtype == DType.U32;
    return compute == DType.I64 || isWide ? DType.I64 : DType.I32;
  }

  private static void gradientOf(boolean hasGradient, Enum<?> f) {
    if (!hasGradient) {
      throw Check.fault(NAME, "f", "must have a gradient, but is " + f);
    }
  }
}
