package dev.kiln.ops.tensor;

import dev.kiln.compiler.ir.DType;

/** Operations of a tensor, element by element; shapes are broadcast as in NumPy. */
public sealed interface ElementwiseOperations permits Tensor {
  /** This tensor. */
  Tensor self();

  /** {@code this + other}. */
  default Tensor add(Tensor other) {
    return Elementwise.add(self(), other);
  }

  /** {@code this * other}. */
  default Tensor mul(Tensor other) {
    return Elementwise.mul(self(), other);
  }

  /** In another dtype; this very tensor if it has it already. */
  default Tensor to(DType dtype) {
    return Elementwise.cast(self(), dtype);
  }
}
