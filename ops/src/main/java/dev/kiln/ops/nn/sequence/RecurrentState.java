package dev.kiln.ops.nn.sequence;

import dev.kiln.ops.tensor.Tensor;

/**
 * State before or behind a sequence.
 *
 * @param hidden {@code (layers directions) x batch x hidden}: both directions of a layer side by
 *     side, as in PyTorch
 * @param cells likewise, of an LSTM; null for others
 */
public record RecurrentState(Tensor hidden, Tensor cells) {
  /** Without history: where training by parts of a long sequence cuts the graph. */
  public RecurrentState detach() {
    return new RecurrentState(hidden.detach(), cells == null ? null : cells.detach());
  }
}
