package dev.kiln.kernels.recurrent;

import dev.kiln.runtime.NdArray;

/**
 * Parameters of a recurrent layer of {@code G} gates with {@code I} inputs and {@code H} outputs,
 * or their gradients; in PyTorch's order and shape.
 *
 * @param input {@code G H x I}
 * @param state {@code G H x H}
 * @param inputBias {@code G H} numbers, or null
 * @param stateBias likewise
 */
public record RecurrentWeights(
    NdArray input, NdArray state, NdArray inputBias, NdArray stateBias) {}
