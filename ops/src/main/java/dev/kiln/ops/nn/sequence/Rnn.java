package dev.kiln.ops.nn.sequence;

import dev.kiln.ops.function.Recurrences;
import dev.kiln.ops.tensor.Context;

/** Plain recurrent cells (Elman, 1990): {@code h' = tanh(x w^T + h u^T + biases)}, or ReLU. */
public final class Rnn extends Recurrent {
  /** With tanh. */
  public Rnn(Context context, RecurrentOptions options) {
    this(context, options, false);
  }

  /**
   * @param isRelu ReLU in place of tanh
   */
  public Rnn(Context context, RecurrentOptions options, boolean isRelu) {
    super(context, isRelu ? Recurrences.Cell.RNN_RELU : Recurrences.Cell.RNN_TANH, options);
  }
}
