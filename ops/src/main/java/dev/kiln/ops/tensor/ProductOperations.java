package dev.kiln.ops.tensor;

/** Products of matrices and vectors. */
public sealed interface ProductOperations permits Tensor {
  /** This tensor. */
  Tensor self();
}
