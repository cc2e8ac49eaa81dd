package dev.kiln.kernels.recurrent;

import dev.kiln.runtime.NdArray;

/**
 * A run of a recurrent layer over {@code T} steps of a batch of {@code B}, with what the backward
 * pass needs. Sequences are contiguous, of one dtype: fp32, fp16, bf16 or fp64.
 *
 * @param x {@code T x B x I}
 * @param h0 the state before the first step, {@code B x H}
 * @param c0 likewise of the cells of an LSTM; null for others
 * @param isReversed whether steps are taken from the last element to the first
 * @param y receives the states, {@code T x B x H}
 * @param cells receives the cells of an LSTM, {@code T x B x H}; null for others
 * @param gates receives {@code T x B x 4 H} numbers for the backward pass of an LSTM or a GRU; null
 *     for a plain cell, or where there is no backward pass
 */
public record RecurrentSequence(
    NdArray x,
    NdArray h0,
    NdArray c0,
    RecurrentWeights weights,
    boolean isReversed,
    NdArray y,
    NdArray cells,
    NdArray gates) {
  long steps() {
    return x.dim(0);
  }

  long batch() {
    return x.dim(1);
  }

  long inputs() {
    return x.dim(2);
  }

  long columns() {
    return h0.dim(1);
  }

  /** Which element the {@code step}th step is about. */
  long at(long step) {
    return isReversed ? steps() - 1 - step : step;
  }

  /** The state before a step. */
  NdArray stateBefore(long step) {
    return step == 0 ? h0 : part(y, at(step - 1));
  }

  NdArray cellsBefore(long step) {
    return step == 0 ? c0 : part(cells, at(step - 1));
  }

  /** The matrix of an element of a sequence; null of null. */
  static NdArray part(NdArray sequence, long at) {
    return sequence == null
        ? null
        : sequence.narrow(0, at, at + 1).reshape(sequence.dim(1), sequence.dim(2));
  }

  /** All elements one below the other. */
  static NdArray flat(NdArray sequence) {
    return sequence.reshape(sequence.dim(0) * sequence.dim(1), sequence.dim(2));
  }
}
