package dev.kiln.ops.nn.sequence;

import dev.kiln.runtime.KilnException;

/**
 * Options of recurrent layers.
 *
 * @param inputs features of an element
 * @param hidden numbers of a state
 * @param layers one above the other
 * @param isBidirectional whether a second cell runs from the last element to the first
 * @param dropout between layers while training
 * @param hasBias whether there are biases
 * @param isBatchFirst whether sequences are {@code batch x steps x features} rather than {@code
 *     steps x batch x features}
 */
public record RecurrentOptions(
    long inputs,
    long hidden,
    int layers,
    boolean isBidirectional,
    double dropout,
    boolean hasBias,
    boolean isBatchFirst) {
  public RecurrentOptions {
    if (inputs < 1 || hidden < 1 || layers < 1) {
      throw new KilnException(
          "recurrent: inputs, hidden and layers must be positive, but are %d, %d and %d"
              .formatted(inputs, hidden, layers));
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new KilnException(
          "recurrent: dropout must be at least 0 and less than 1, but is " + dropout);
    }
  }

  /** One layer from the first element to the last, steps first, as in PyTorch. */
  public static RecurrentOptions of(long inputs, long hidden) {
    return new RecurrentOptions(inputs, hidden, 1, false, 0, true, false);
  }

  public RecurrentOptions withLayers(int newLayers) {
    return new RecurrentOptions(
        inputs, hidden, newLayers, isBidirectional, dropout, hasBias, isBatchFirst);
  }

  public RecurrentOptions bidirectional() {
    return new RecurrentOptions(inputs, hidden, layers, true, dropout, hasBias, isBatchFirst);
  }

  public RecurrentOptions withDropout(double part) {
    return new RecurrentOptions(
        inputs, hidden, layers, isBidirectional, part, hasBias, isBatchFirst);
  }

  public RecurrentOptions withoutBias() {
    return new RecurrentOptions(
        inputs, hidden, layers, isBidirectional, dropout, false, isBatchFirst);
  }

  public RecurrentOptions batchFirst() {
    return new RecurrentOptions(inputs, hidden, layers, isBidirectional, dropout, hasBias, true);
  }

  /** 1 or 2. */
  public int directions() {
    return isBidirectional ? 2 : 1;
  }
}
