package dev.kiln.ops.train;

import dev.kiln.ops.optim.MixedPrecision;

/** Measures a model on data that it is not trained on. Called without gradients, in evaluation. */
@FunctionalInterface
public interface Validator {
  /**
   * @param step after which
   * @param precision whose {@code forward} runs the model
   */
  Validation validate(long step, MixedPrecision precision);
}
