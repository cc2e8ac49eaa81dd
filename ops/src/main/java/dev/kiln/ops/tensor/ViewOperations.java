package dev.kiln.ops.tensor;

/** Other shapes of the same memory; nothing is copied unless it says so. */
public sealed interface ViewOperations permits Tensor {
  /** This tensor. */
  Tensor self();

  /** Repeats axes of extent 1, and adds axes at the left, by strides of 0. */
  default Tensor expand(long... shape) {
    return Views.expand(self(), shape);
  }

  /** With the elements row by row in memory: this very tensor if they are, else a copy. */
  default Tensor contiguous() {
    return Views.contiguous(self());
  }
}
