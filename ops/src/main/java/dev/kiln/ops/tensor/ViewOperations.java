package dev.kiln.ops.tensor;

import java.util.List;

/**
 * Other shapes of the same memory; nothing is copied unless it says so. Negative axes count from
 * the last.
 */
public sealed interface ViewOperations permits Tensor {
  /** This tensor. */
  Tensor self();

  /**
   * The same elements in row-major order under another shape: a view where strides allow it,
   * otherwise a copy.
   *
   * @param shape one extent may be -1 and is computed
   */
  default Tensor reshape(long... shape) {
    return Views.reshape(self(), true, shape);
  }

  /** {@link #reshape} that never copies, but fails. */
  default Tensor view(long... shape) {
    return Views.reshape(self(), false, shape);
  }

  /** All axes as one. */
  default Tensor flatten() {
    return flatten(0, -1);
  }

  /** The axes from one to another, both included, as one; a copy where strides need it. */
  default Tensor flatten(int from, int to) {
    return Views.flatten(self(), from, to);
  }

  /**
   * One axis as several.
   *
   * @param extents whose product is the axis's; one may be -1 and is computed
   */
  default Tensor unflatten(int axis, long... extents) {
    return Views.unflatten(self(), axis, extents);
  }

  /** With two axes exchanged. */
  default Tensor transpose(int first, int second) {
    return Views.transpose(self(), first, second);
  }

  /** Axis {@code i} of the result is axis {@code order[i]} of this. */
  default Tensor permute(int... order) {
    return Views.permute("permute", self(), order);
  }

  /** With an axis of extent 1 before an axis, or behind the last. */
  default Tensor unsqueeze(int axis) {
    return Views.unsqueeze(self(), axis);
  }

  /** Without an axis, which is of extent 1. */
  default Tensor squeeze(int axis) {
    return Views.squeeze(self(), axis);
  }

  /** Repeats axes of extent 1, and adds axes at the left, by strides of 0. */
  default Tensor expand(long... shape) {
    return Views.expand(self(), shape);
  }

  /** Indices {@code from} (inclusive) to {@code to}; negative ones count from the end. */
  default Tensor slice(int axis, long from, long to) {
    return slice(axis, from, to, 1);
  }

  /** Every {@code step}th of the indices {@code from} (inclusive) to {@code to}. */
  default Tensor slice(int axis, long from, long to, long step) {
    return Views.slice("slice", self(), axis, from, to, step);
  }

  /** {@code length} indices from {@code from} on, which counts from the end where negative. */
  default Tensor narrow(int axis, long from, long length) {
    return Views.narrow(self(), axis, from, length);
  }

  /** One index of an axis, which goes. */
  default Tensor select(int axis, long index) {
    return Views.select(self(), axis, index);
  }

  /** Parts of given lengths, which add up to the axis's. */
  default List<Tensor> split(int axis, long... lengths) {
    return Views.split(self(), axis, lengths);
  }

  /**
   * Parts of about one length.
   *
   * @param count how many; fewer if the axis is short, the last of them shorter, as in PyTorch
   */
  default List<Tensor> chunk(int count, int axis) {
    return Views.chunk(self(), count, axis);
  }

  /** With the elements row by row in memory: this very tensor if they are, else a copy. */
  default Tensor contiguous() {
    return Views.contiguous(self());
  }

  /**
   * A diagonal of a matrix, or of each in a batch.
   *
   * @param offset 0 for the main one, positive ones lie above it
   */
  default Tensor diagonal(long offset) {
    return Views.diagonal(self(), offset);
  }

  // Copies

  /** A copy, each axis so many times; missing axes are added at the left. */
  default Tensor repeat(long... times) {
    return Arranging.repeat(self(), times);
  }

  /** A copy with axes in reverse, all if none is named. */
  default Tensor flip(int... axes) {
    return Arranging.flip(self(), axes);
  }

  /** A copy in which index {@code i} of an axis went to {@code i + shift}, around its end. */
  default Tensor roll(int axis, long shift) {
    return Arranging.roll(self(), axis, shift);
  }

  /** A copy with a value so many times before and behind along an axis. */
  default Tensor pad(int axis, long before, long after, double value) {
    return Arranging.pad(self(), axis, before, after, value);
  }

  /** A copy of matrices with 0 above a diagonal; positive diagonals lie above the main one. */
  default Tensor tril(long diagonal) {
    return Arranging.triangle(self(), true, diagonal);
  }

  /** A copy of matrices with 0 below a diagonal; positive diagonals lie above the main one. */
  default Tensor triu(long diagonal) {
    return Arranging.triangle(self(), false, diagonal);
  }
}
