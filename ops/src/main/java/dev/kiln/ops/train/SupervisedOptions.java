package dev.kiln.ops.train;

import dev.kiln.runtime.KilnException;

/**
 * How a {@link Supervised} workload makes its steps.
 *
 * @param accumulation batches of a step; the gradient is the mean over them, so that 4 batches of
 *     32 equal one of 128 for mean losses
 * @param layerNormsEvery steps between reports of each parameter's gradient norm; 0 for none
 * @param reportNorm whether the norm of all gradients is reported
 */
public record SupervisedOptions(int accumulation, long layerNormsEvery, boolean reportNorm) {
  /** One batch for each step; the norm is reported. */
  public static final SupervisedOptions DEFAULT = new SupervisedOptions(1, 0, true);

  public SupervisedOptions {
    if (accumulation < 1 || layerNormsEvery < 0) {
      throw new KilnException(
          "a step needs at least one batch, not %d, and layer norms come every 0 or more steps, not %d"
              .formatted(accumulation, layerNormsEvery));
    }
  }

  public SupervisedOptions withAccumulation(int batches) {
    return new SupervisedOptions(batches, layerNormsEvery, reportNorm);
  }

  public SupervisedOptions withLayerNormsEvery(long steps) {
    return new SupervisedOptions(accumulation, steps, reportNorm);
  }

  public SupervisedOptions withoutNorm() {
    return new SupervisedOptions(accumulation, layerNormsEvery, false);
  }
}
