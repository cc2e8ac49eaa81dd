package dev.kiln.ops.tensor;

import dev.kiln.compiler.ir.DType;

/**
 * Choices by index, sorting and running sums. Indices are i32 or i64; one outside of its axis gives
 * NaN (0 where there is no NaN) and takes no gradient. Negative axes count from the last.
 */
public sealed interface IndexOperations permits Tensor {
  /** This tensor. */
  Tensor self();

  /**
   * {@code y[.., j, ..] = this[.., index[.., j, ..], ..]}.
   *
   * @param index of this shape but for the axis
   * @return of the index's shape
   */
  default Tensor gather(int axis, Tensor index) {
    return Indices.gather(self(), axis, index);
  }

  /**
   * Slices along an axis, such as rows of a table.
   *
   * @param index a vector
   */
  default Tensor indexSelect(int axis, Tensor index) {
    return Indices.indexSelect(self(), axis, index);
  }

  /**
   * A copy with {@code y[.., index[.., j, ..], ..] += source[.., j, ..]}, added up in the order of
   * {@code j}.
   *
   * @param index of the source's shape
   * @param source of this shape but for the axis
   */
  default Tensor scatterAdd(int axis, Tensor index, Tensor source) {
    return Indices.scatter(self(), axis, index, source, true);
  }

  /**
   * A copy with {@code y[.., index[.., j, ..], ..] = source[.., j, ..]}; of several elements for
   * one place the last stays. No gradient flows to the source.
   */
  default Tensor scatter(int axis, Tensor index, Tensor source) {
    return Indices.scatter(self(), axis, index, source, false);
  }

  /**
   * 1 at each index, 0 elsewhere, along a new last axis; all 0 for an index out of range.
   *
   * @param classes the length of the new axis
   */
  default Tensor oneHot(long classes, DType dtype) {
    return Indices.oneHot(self(), classes, dtype);
  }

  /**
   * The {@code k} largest elements along an axis, the largest first; of equal ones the first. NaN
   * is larger than every number.
   */
  default Indexed topK(long k, int axis) {
    return Indices.topK(self(), k, axis, true);
  }

  /**
   * The {@code k} largest or smallest elements along an axis.
   *
   * @param isLargest otherwise the smallest, the smallest first
   */
  default Indexed topK(long k, int axis, boolean isLargest) {
    return Indices.topK(self(), k, axis, isLargest);
  }

  /** Sorted along an axis, the smallest first; equal elements keep their order, NaN is largest. */
  default Indexed sort(int axis) {
    return Indices.sort(self(), axis, false);
  }

  /** Sorted along an axis, likewise in either direction. */
  default Indexed sort(int axis, boolean isDescending) {
    return Indices.sort(self(), axis, isDescending);
  }

  /** Sums of the elements up to each; integers in i64. */
  default Tensor cumsum(int axis) {
    return Indices.cumsum(self(), axis);
  }

  /** Products of the elements up to each; integers in i64. The gradient is right for zeros too. */
  default Tensor cumprod(int axis) {
    return Indices.cumprod(self(), axis);
  }
}
