package dev.kiln.kernels.attention;

import dev.kiln.runtime.NdArray;

/**
 * What {@link Attention} reads.
 *
 * @param q queries, {@code batch x heads x rows x head size}; packed {@code heads x rows x head
 *     size}
 * @param k keys, likewise; their heads divide those of the queries
 * @param v values, of the shape of the keys
 * @param bias added to the scores: {@code batch x heads x queries x keys}, where each of the first
 *     three may be 1 for all alike, of the dtype of {@code q}, keys side by side; minus infinity
 *     hides a key; not with packed batches; or null
 * @param slopes ALiBi: a number for each head, times the distance between query and key, is
 *     subtracted (Press et al., "Train Short, Test Long", 2022): fp32 (fp64 beside fp64); or null
 * @param queryStarts for packed batches: batch {@code b} has the rows from number {@code b} to
 *     number {@code b + 1}; i32, not descending, from 0 to the rows of {@code q}; or null
 * @param keyStarts the same for keys and values; or null
 * @param longestQueries at least the rows of the longest batch of queries; only if packed
 * @param longestKeys the same for keys
 */
public record Inputs(
    NdArray q,
    NdArray k,
    NdArray v,
    NdArray bias,
    NdArray slopes,
    NdArray queryStarts,
    NdArray keyStarts,
    long longestQueries,
    long longestKeys) {
  public static Inputs of(NdArray q, NdArray k, NdArray v) {
    return new Inputs(q, k, v, null, null, null, null, 0, 0);
  }

  public Inputs withBias(NdArray newBias) {
    return new Inputs(
        q, k, v, newBias, slopes, queryStarts, keyStarts, longestQueries, longestKeys);
  }

  public Inputs withSlopes(NdArray newSlopes) {
    return new Inputs(
        q, k, v, bias, newSlopes, queryStarts, keyStarts, longestQueries, longestKeys);
  }

  /** Batches of varying lengths, one behind the other. */
  public Inputs packed(
      NdArray newQueryStarts, NdArray newKeyStarts, long mostQueries, long mostKeys) {
    return new Inputs(q, k, v, bias, slopes, newQueryStarts, newKeyStarts, mostQueries, mostKeys);
  }

  boolean isPacked() {
    return queryStarts != null || keyStarts != null;
  }
}
