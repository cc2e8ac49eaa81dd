package dev.kiln.ops.nn.sequence;

import dev.kiln.ops.tensor.Tensor;

/**
 * What a recurrent layer gives.
 *
 * @param y states of the last layer behind each element, both directions side by side: {@code steps
 *     x batch x (directions hidden)}, or with the batch first
 * @param state behind the sequence
 */
public record RecurrentResult(Tensor y, RecurrentState state) {}
