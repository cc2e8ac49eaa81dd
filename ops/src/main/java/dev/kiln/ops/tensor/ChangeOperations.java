package dev.kiln.ops.tensor;

import dev.kiln.kernels.elementwise.BinaryFunction;
import dev.kiln.runtime.KilnException;

/**
 * Changes in place. They are refused while gradients are recorded, if the tensor takes part in a
 * graph, and where an expanded axis lets elements share memory.
 */
public sealed interface ChangeOperations permits Tensor {
  /** This tensor. */
  Tensor self();

  /** Notes that the content was changed, so that a backward pass which needs the old one fails. */
  Tensor changedInPlace();

  /**
   * Overwrites the elements with those of another tensor of the same shape, converted.
   *
   * @throws KilnException if this takes part in a graph: use {@link Context#noGrad}; or if elements
   *     of this share memory
   */
  default Tensor copyFrom(Tensor other) {
    Tensor x = requireChangeable(self(), "copyFrom");
    Axes.requireShape("copyFrom", other, x);
    Elementwise.launcher(x.context()).copy(other.array(), x.array());
    return changedInPlace();
  }

  /** Adds the elements of another tensor of the same shape; as {@link #copyFrom}. */
  default Tensor addInPlace(Tensor other) {
    Tensor x = requireChangeable(self(), "addInPlace");
    Axes.requireShape("addInPlace", other, x);
    Elementwise.launcher(x.context())
        .binary(BinaryFunction.ADD, x.array(), other.array(), x.array());
    return changedInPlace();
  }

  /** Overwrites a contiguous tensor with numbers in row-major order; as {@link #copyFrom}. */
  default Tensor set(float[] values) {
    requireChangeable(self(), "set").array().set(values);
    return changedInPlace();
  }

  /** Overwrites a contiguous tensor with numbers in row-major order; as {@link #copyFrom}. */
  default Tensor set(double[] values) {
    requireChangeable(self(), "set").array().set(values);
    return changedInPlace();
  }

  private static Tensor requireChangeable(Tensor x, String operation) {
    if (x.requiresGrad() && x.context().isRecording()) {
      throw new KilnException(
          operation
              + ": "
              + x
              + " needs a gradient and must not be changed in place while gradients are recorded;"
              + " use Context.noGrad");
    }
    if (Strides.areRepeated(x.array())) {
      throw new KilnException(
          "%s: elements of %s share memory, as an axis of it was expanded; copy() it first"
              .formatted(operation, x));
    }
    return x;
  }
}
