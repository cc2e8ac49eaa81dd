package dev.kiln.ops.nn.sequence;

import dev.kiln.ops.function.Recurrences;
import dev.kiln.ops.tensor.Context;

/** Gated recurrent units (Cho et al., 2014) in PyTorch's form; gates in the order r, z, n. */
public final class Gru extends Recurrent {
  public Gru(Context context, RecurrentOptions options) {
    super(context, Recurrences.Cell.GRU, options);
  }
}
