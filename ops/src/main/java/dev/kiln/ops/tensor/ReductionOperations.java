package dev.kiln.ops.tensor;

/** Operations that make one number of many, along axes or of all elements. */
public sealed interface ReductionOperations permits Tensor {
  /** This tensor. */
  Tensor self();

  /** The sum of all elements: a tensor of rank 0. */
  default Tensor sum() {
    return Reducing.sum(self());
  }
}
