package dev.kiln.ops.tensor;

/**
 * Elements that were chosen along an axis.
 *
 * @param values the elements
 * @param indices where along the axis they are, i64
 */
public record Indexed(Tensor values, Tensor indices) {}
