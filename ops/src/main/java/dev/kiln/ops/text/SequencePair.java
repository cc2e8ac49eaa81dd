package dev.kiln.ops.text;

/**
 * A sequence and what it shall be turned into.
 *
 * @param source tokens
 * @param target tokens
 */
public record SequencePair(int[] source, int[] target) {}
