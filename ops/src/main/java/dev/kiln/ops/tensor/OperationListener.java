package dev.kiln.ops.tensor;

import java.util.List;

/** Hears of operations as they are made: for summaries, and for finding what went wrong. */
public interface OperationListener {
  /** After the forward pass of an operation; inputs may be null where one was left out. */
  default void forward(String operation, List<Tensor> inputs, Tensor result) {}

  /**
   * After the backward pass of an operation gave a gradient of an input.
   *
   * @param gradient of the input; of a parameter, what has been added up so far
   */
  default void backward(Node operation, int input, Tensor gradient) {}
}
