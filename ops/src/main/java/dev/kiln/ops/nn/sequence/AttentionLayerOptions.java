package dev.kiln.ops.nn.sequence;

import dev.kiln.kernels.attention.AttentionOptions;
import dev.kiln.kernels.elementwise.Rotary;
import dev.kiln.runtime.KilnException;

/**
 * Options of a {@link MultiHeadAttention}.
 *
 * @param heads of queries
 * @param keyHeads of keys and values; divides {@code heads}: neighbouring heads share one
 * @param hasBias whether products have biases
 * @param dropout of the weights while training, at least 0 and less than 1
 * @param weights temperature, window, causality, soft cap and scale
 * @param rotary how queries and keys turn by their places; null for not at all
 * @param isAlibi whether scores fall with the distance, for each head by a slope of its own (Press
 *     et al., "Train Short, Test Long", 2022)
 */
public record AttentionLayerOptions(
    int heads,
    int keyHeads,
    boolean hasBias,
    double dropout,
    AttentionOptions weights,
    Rotary.Form rotary,
    boolean isAlibi) {
  public AttentionLayerOptions {
    if (heads < 1 || keyHeads < 1 || heads % keyHeads != 0) {
      throw new KilnException(
          "MultiHeadAttention: %d key heads must divide %d heads".formatted(keyHeads, heads));
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new KilnException(
          "MultiHeadAttention: dropout must be at least 0 and less than 1, but is " + dropout);
    }
  }

  /** Heads that see all keys, with biases. */
  public static AttentionLayerOptions of(int heads) {
    return new AttentionLayerOptions(heads, heads, true, 0, AttentionOptions.DEFAULT, null, false);
  }

  /** Fewer heads of keys and values (Ainslie et al., "GQA", 2023). */
  public AttentionLayerOptions withKeyHeads(int newKeyHeads) {
    return new AttentionLayerOptions(
        heads, newKeyHeads, hasBias, dropout, weights, rotary, isAlibi);
  }

  public AttentionLayerOptions withoutBias() {
    return new AttentionLayerOptions(heads, keyHeads, false, dropout, weights, rotary, isAlibi);
  }

  public AttentionLayerOptions withDropout(double part) {
    return new AttentionLayerOptions(heads, keyHeads, hasBias, part, weights, rotary, isAlibi);
  }

  /** Each place sees itself and those before it. */
  public AttentionLayerOptions causal() {
    return withWeights(weights.causal());
  }

  /** Each place sees so many before it and after it. */
  public AttentionLayerOptions withWindow(long before, long after) {
    return withWeights(weights.withWindow(before, after));
  }

  /** Divides the scores: above 1, the weights become more even. */
  public AttentionLayerOptions withTemperature(double temperature) {
    return withWeights(weights.withTemperature(temperature));
  }

  private AttentionLayerOptions withWeights(AttentionOptions newWeights) {
    return new AttentionLayerOptions(
        heads, keyHeads, hasBias, dropout, newWeights, rotary, isAlibi);
  }

  public AttentionLayerOptions withRotary(Rotary.Form form) {
    return new AttentionLayerOptions(heads, keyHeads, hasBias, dropout, weights, form, isAlibi);
  }

  public AttentionLayerOptions withAlibi() {
    return new AttentionLayerOptions(heads, keyHeads, hasBias, dropout, weights, rotary, true);
  }
}
