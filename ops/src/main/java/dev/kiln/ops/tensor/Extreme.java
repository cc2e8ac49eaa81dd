package dev.kiln.ops.tensor;

/**
 * The largest or smallest elements along an axis.
 *
 * @param values the elements
 * @param indices where along the axis they are, i64: of equal elements the lowest
 */
public record Extreme(Tensor values, Tensor indices) {}
