package dev.kiln.ops.nn.sequence;

import dev.kiln.ops.function.Recurrences;
import dev.kiln.ops.tensor.Context;

/**
 * Long short-term memory (Hochreiter and Schmidhuber, 1997); gates in the order i, f, g, o. With
 * lengths, the last cells are not supported yet: the state behind has none.
 */
public final class Lstm extends Recurrent {
  public Lstm(Context context, RecurrentOptions options) {
    super(context, Recurrences.Cell.LSTM, options);
  }
}
