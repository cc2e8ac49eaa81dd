package dev.kiln.ops.train;

import dev.kiln.runtime.KilnException;

/**
 * A network of two layers.
 *
 * @param inputs numbers of a sample
 * @param hidden units between the layers
 * @param classes classes to tell apart
 */
public record MlpShape(int inputs, int hidden, int classes) {
  public MlpShape {
    if (inputs < 1 || hidden < 1 || classes < 2) {
      throw new KilnException(
          "a network needs inputs, hidden units and two classes, not %d, %d and %d"
              .formatted(inputs, hidden, classes));
    }
  }

  public long parameters() {
    return (inputs + 1L) * hidden + (hidden + 1L) * classes;
  }
}
