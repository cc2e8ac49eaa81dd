package dev.kiln.kernels.product;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.NdArray;

/**
 * What becomes of a product before it is stored:
 *
 * <pre>
 *     z = alpha s_m t_n (a b)_mn + bias_n
 *     c = activation(z) + residual + beta c
 * </pre>
 *
 * or, with {@code saved}, {@code c = z activation'(saved) + residual + beta c}.
 *
 * @param bias {@code N} numbers, or null for none
 * @param activation with its usual numbers
 * @param pre receives {@code z}: of the shape and strides of {@code c}; or null
 * @param saved what the activation was applied to in the forward pass, of the shape and strides of
 *     {@code c}; or null if the activation itself is wanted
 * @param residual of the shape of {@code c}, any strides; or null
 * @param rowScale {@code s}, {@code M} numbers; or null for ones
 * @param columnScale {@code t}, {@code N} numbers; or null for ones
 * @param alpha a factor
 * @param beta a factor of what {@code c} holds before; with 0 it is not read
 */
public record Epilogue(
    NdArray bias,
    Activation activation,
    NdArray pre,
    NdArray saved,
    NdArray residual,
    NdArray rowScale,
    NdArray columnScale,
    double alpha,
    double beta) {
  /** The product as it is. */
  public static final Epilogue NONE = of(null, Activation.NONE);

  /** The product added to what is there. */
  public static final Epilogue ADD = NONE.withBeta(1);

  /** {@code activation(a b + bias)}. */
  public static Epilogue of(NdArray bias, Activation activation) {
    return new Epilogue(bias, activation, null, null, null, null, null, 1, 0);
  }

  /** For backward products: {@code z activation'(saved)}. */
  public static Epilogue gradient(Activation activation, NdArray saved) {
    return new Epilogue(null, activation, null, saved, null, null, null, 1, 0);
  }

  public Epilogue withPre(NdArray newPre) {
    return new Epilogue(
        bias, activation, newPre, saved, residual, rowScale, columnScale, alpha, beta);
  }

  public Epilogue withResidual(NdArray newResidual) {
    return new Epilogue(
        bias, activation, pre, saved, newResidual, rowScale, columnScale, alpha, beta);
  }

  /** Scales of rows and of columns; each may be null. */
  public Epilogue withScales(NdArray rows, NdArray columns) {
    return new Epilogue(bias, activation, pre, saved, residual, rows, columns, alpha, beta);
  }

  public Epilogue withAlpha(double newAlpha) {
    return new Epilogue(
        bias, activation, pre, saved, residual, rowScale, columnScale, newAlpha, beta);
  }

  public Epilogue withBeta(double newBeta) {
    return new Epilogue(
        bias, activation, pre, saved, residual, rowScale, columnScale, alpha, newBeta);
  }

  /** Whether the product is stored as it is. */
  boolean isPlain() {
    return bias == null
        && activation == Activation.NONE
        && pre == null
        && residual == null
        && rowScale == null
        && columnScale == null
        && alpha == 1
        && beta == 0;
  }

  void check(String operation, NdArray c, long rows, long columns) {
    vector(operation, "bias", bias, columns);
    vector(operation, "columnScale", columnScale, columns);
    checkRest(operation, c, rows);
  }

  /** Bias and column scales of each expert. */
  void checkExperts(String operation, NdArray c, long experts, long rows, long columns) {
    perExpert(operation, "bias", bias, experts, columns);
    perExpert(operation, "columnScale", columnScale, experts, columns);
    checkRest(operation, c, rows);
  }

  private void checkRest(String operation, NdArray c, long rows) {
    vector(operation, "rowScale", rowScale, rows);
    like(operation, "pre", pre, c);
    like(operation, "saved", saved, c);
    if (residual != null) {
      Check.sameShape(operation, "residual", residual, "c", c);
      Check.floatsOrDoubles(operation, "residual", residual);
      Check.matrices(operation, "residual", residual);
    }
    if (c.dtype() == DType.I32 && !isPlain()) {
      throw Check.fault(operation, "epilogue", "must be Epilogue.NONE where 'c' is i32");
    }
  }

  private static void perExpert(
      String operation, String argument, NdArray array, long experts, long columns) {
    if (array != null) {
      Check.matrix(operation, argument, array, experts, columns);
      Check.contiguous(operation, argument, array);
      Check.floatsOrDoubles(operation, argument, array);
    }
  }

  private static void vector(String operation, String argument, NdArray array, long length) {
    if (array != null) {
      Check.vector(operation, argument, array, length);
      Check.floatsOrDoubles(operation, argument, array);
    }
  }

  private static void like(String operation, String argument, NdArray array, NdArray c) {
    if (array == null) {
      return;
    }
    Check.sameShape(operation, argument, array, "c", c);
    Check.floatsOrDoubles(operation, argument, array);
    for (int axis = 0; axis < c.rank(); axis++) {
      if (c.dim(axis) > 1 && array.stride(axis) != c.stride(axis)) {
        throw Check.fault(operation, argument, "must have the strides of 'c'");
      }
    }
  }

  /** Passes the result and all parts in the order in which kernels take them. */
  void pass(KernelCall call, NdArray c, DType compute) {
    call.array(c)
        .array(pre)
        .array(saved)
        .array(residual)
        .array(bias)
        .array(rowScale)
        .array(columnScale);
    factor(call, compute, alpha, 1);
    factor(call, compute, beta, 0);
  }

  private static void factor(KernelCall call, DType compute, double value, double none) {
    if (value == none) {
      call.array(null);
    } else {
      call.number(compute, value);
    }
  }

  /** Passes the residual's strides of rows and columns. */
  void passStrides(KernelCall call) {
    if (residual == null) {
      call.integer(0).integer(0);
    } else {
      int rank = residual.rank();
      call.integer(residual.stride(rank - 2)).integer(residual.stride(rank - 1));
    }
  }
}
