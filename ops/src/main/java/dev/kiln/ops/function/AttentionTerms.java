package dev.kiln.ops.function;

import dev.kiln.ops.tensor.Tensor;

/**
 * What an attention adds to its scores.
 *
 * @param bias {@code batch x heads x queries x keys}, where each of the first three may be 1 for
 *     all alike; minus infinity hides a key; has a gradient if it wants one; or null
 * @param slopes ALiBi: a number for each head, times the distance between query and key, is
 *     subtracted; fp32 (fp64 beside fp64), without a gradient; or null
 */
public record AttentionTerms(Tensor bias, Tensor slopes) {
  /** Nothing. */
  public static final AttentionTerms NONE = new AttentionTerms(null, null);

  public AttentionTerms withBias(Tensor newBias) {
    return new AttentionTerms(newBias, slopes);
  }

  public AttentionTerms withSlopes(Tensor newSlopes) {
    return new AttentionTerms(bias, newSlopes);
  }
}
