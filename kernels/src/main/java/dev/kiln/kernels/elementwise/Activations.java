package dev.kiln.kernels.elementwise;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Activations by themselves, forward and backward. Computes in fp32, or in fp64 on fp64 arrays. Not
 * thread-safe.
 */
public final class Activations {
  private static final String NAME = "Activations";
  private static final String FILE = "activation.py";

  private final KernelCall forward;
  private final KernelCall backward;

  public Activations(Device device) {
    forward = new KernelCall(FILE, "activation_forward_kernel", device);
    backward = new KernelCall(FILE, "activation_backward_kernel", device);
  }

  /** {@link #forward(ActivationFunction, NdArray, NdArray)} with the usual numbers. */
  public void forward(Activation activation, NdArray x, NdArray y) {
    forward(activation.usual(), x, y);
  }

  /**
   * {@code y = function(x)}.
   *
   * @param function not of {@link Activation#NONE}
   * @param x fp32, fp16, bf16 or fp64, contiguous, of any shape
   * @param y of the same shape, contiguous; may be {@code x}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void forward(ActivationFunction function, NdArray x, NdArray y) {
    check(function, "x", x);
    check(function, "y", y);
    Check.sameShape(NAME, "y", y, "x", x);
    Check.inPlaceOrApart(NAME, "y", y, "x", x);
    if (x.size() == 0) {
      return;
    }
    forward.start().array(x).array(y);
    finish(forward, function, x);
  }

  /** {@link #backward(ActivationFunction, NdArray, NdArray, NdArray)} with the usual numbers. */
  public void backward(Activation activation, NdArray x, NdArray dy, NdArray dx) {
    backward(activation.usual(), x, dy, dx);
  }

  /**
   * {@code dx = dy function'(x)}.
   *
   * @param x what went into the activation
   * @param dy the gradient of what came out, of the same shape
   * @param dx receives the gradient, of the same shape; may be {@code dy} or {@code x}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules or those of {@link
   *     #forward(ActivationFunction, NdArray, NdArray)}
   */
  public void backward(ActivationFunction function, NdArray x, NdArray dy, NdArray dx) {
    check(function, "x", x);
    check(function, "dy", dy);
    check(function, "dx", dx);
    Check.sameShape(NAME, "dy", dy, "x", x);
    Check.sameShape(NAME, "dx", dx, "x", x);
    Check.inPlaceOrApart(NAME, "dx", dx, "x", x);
    Check.inPlaceOrApart(NAME, "dx", dx, "dy", dy);
    if (x.size() == 0) {
      return;
    }
    backward.start().array(x).array(dy).array(dx);
    finish(backward, function, x);
  }

  private static void finish(KernelCall call, ActivationFunction function, NdArray x) {
    DType compute = x.dtype() == DType.FP64 ? DType.FP64 : DType.FP32;
    int block = BlockSizes.elementwise(x.device(), x.size());
    call.integer(x.size())
        .number(compute, function.a())
        .number(compute, function.b())
        .constant(function.activation().kernelName())
        .constant(compute)
        .constant(block)
        .over(Grid.cdiv(x.size(), block));
  }

  private static void check(ActivationFunction function, String argument, NdArray array) {
    if (function.activation() == Activation.NONE) {
      throw Check.fault(NAME, "activation", "must not be NONE");
    }
    Check.floatsOrDoubles(NAME, argument, array);
    Check.elements(NAME, argument, array);
  }
}
