package dev.kiln.kernels.recurrent;

import dev.kiln.runtime.NdArray;

/**
 * What comes into the backward pass of a recurrent layer, and what it writes. Only {@code dsums}
 * must be there, and {@code dstateSums} of a GRU.
 *
 * @param dy gradients of the states, {@code T x B x H}
 * @param dh gradient of the last state, {@code B x H}, added to that of {@code dy}
 * @param dc of the last cells of an LSTM, {@code B x H}
 * @param dsums receives the gradients of the gates before their functions, {@code T x B x G H}; of
 *     an LSTM it may be its {@code gates}
 * @param dstateSums receives those of the state's part of a GRU, {@code T x B x 3 H}
 * @param dx receives {@code T x B x I}
 * @param dh0 receives {@code B x H}
 * @param dc0 receives {@code B x H}, of an LSTM
 * @param weights receive their gradients
 */
public record RecurrentGradients(
    NdArray dy,
    NdArray dh,
    NdArray dc,
    NdArray dsums,
    NdArray dstateSums,
    NdArray dx,
    NdArray dh0,
    NdArray dc0,
    RecurrentWeights weights) {}
