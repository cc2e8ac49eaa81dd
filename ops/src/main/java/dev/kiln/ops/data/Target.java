package dev.kiln.ops.data;

/** What a model shall say about an example. */
public sealed interface Target {
  /**
   * One class.
   *
   * @param index from 0 to {@code classes - 1}
   * @param classes how many there are
   */
  record OfClass(int index, int classes) implements Target {}

  /**
   * Numbers, for regression.
   *
   * @param values as many as the model has outputs
   */
  record OfNumbers(float[] values) implements Target {}

  /**
   * A probability for each class, as mixed examples and teachers have them.
   *
   * @param probabilities not negative, of sum 1
   */
  record OfProbabilities(float[] probabilities) implements Target {}
}
