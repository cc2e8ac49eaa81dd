package dev.kiln.ops.tensor;

/** Products of matrices and vectors, of floats. */
public sealed interface ProductOperations permits Tensor {
  /** This tensor. */
  Tensor self();

  /**
   * The product of matrices, of batches of matrices whose leading axes are broadcast, or of
   * vectors: a vector at the left is a row, at the right a column, and its axis goes, as in NumPy.
   * Transposed operands are not copied.
   */
  default Tensor matmul(Tensor other) {
    return Multiplying.matmul(self(), other);
  }

  /** The scalar product of two vectors. */
  default Tensor dot(Tensor other) {
    return Multiplying.dot(self(), other);
  }

  /** The products of all elements of two vectors: {@code m x n}. */
  default Tensor outer(Tensor other) {
    return Multiplying.outer(self(), other);
  }
}
