package dev.kiln.kernels.elementwise;

import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/** Activations by themselves, forward and backward. Computes in fp32. Not thread-safe. */
public final class Activations {
  private static final String NAME = "Activations";
  private static final String FILE = "activation.py";

  private final KernelCall forward;
  private final KernelCall backward;

  public Activations(Device device) {
    forward = new KernelCall(FILE, "activation_forward_kernel", device);
    backward = new KernelCall(FILE, "activation_backward_kernel", device);
  }

  /**
   * {@code y = activation(x)}.
   *
   * @param activation not {@link Activation#NONE}
   * @param x fp32, fp16 or bf16, contiguous, of any shape
   * @param y of the same shape, contiguous; may be {@code x}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void forward(Activation activation, NdArray x, NdArray y) {
    check(activation, "x", x);
    check(activation, "y", y);
    Check.sameShape(NAME, "y", y, "x", x);
    if (x.size() == 0) {
      return;
    }
    int block = BlockSizes.elementwise(x.size());
    forward
        .start()
        .array(x)
        .array(y)
        .integer(x.size())
        .constant(activation.kernelName())
        .constant(block)
        .over(Grid.cdiv(x.size(), block));
  }

  /**
   * {@code dx = dy activation'(x)}.
   *
   * @param x what went into the activation
   * @param dy the gradient of what came out, of the same shape
   * @param dx receives the gradient, of the same shape; may be {@code dy} or {@code x}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules or those of {@link
   *     #forward}
   */
  public void backward(Activation activation, NdArray x, NdArray dy, NdArray dx) {
    check(activation, "x", x);
    check(activation, "dy", dy);
    check(activation, "dx", dx);
    Check.sameShape(NAME, "dy", dy, "x", x);
    Check.sameShape(NAME, "dx", dx, "x", x);
    if (x.size() == 0) {
      return;
    }
    int block = BlockSizes.elementwise(x.size());
    backward
        .start()
        .array(x)
        .array(dy)
        .array(dx)
        .integer(x.size())
        .constant(activation.kernelName())
        .constant(block)
        .over(Grid.cdiv(x.size(), block));
  }

  private static void check(Activation activation, String argument, NdArray array) {
    if (activation == Activation.NONE) {
      throw Check.fault(NAME, "activation", "must not be NONE");
    }
    Check.floats(NAME, argument, array);
    Check.elements(NAME, argument, array);
  }
}
