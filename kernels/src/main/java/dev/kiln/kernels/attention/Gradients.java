package dev.kiln.kernels.attention;

import dev.kiln.runtime.NdArray;

/**
 * What the backward pass of {@link Attention} writes.
 *
 * @param q of the shape and dtype of the queries
 * @param k of the shape and dtype of the keys; summed over the query heads that share a head
 * @param v likewise
 * @param bias of the dtype of the bias, {@code batch x heads x queries x keys}, keys side by side:
 *     where the bias has an axis of 1, its gradient is the sum of this one along that axis; or null
 */
public record Gradients(NdArray q, NdArray k, NdArray v, NdArray bias) {
  public Gradients(NdArray q, NdArray k, NdArray v) {
    this(q, k, v, null);
  }
}
