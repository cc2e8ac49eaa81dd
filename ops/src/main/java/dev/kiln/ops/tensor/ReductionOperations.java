package dev.kiln.ops.tensor;

import dev.kiln.kernels.reduction.Reduction;

/**
 * Operations that make one number of many, along axes or, where none are named, of all elements.
 * Negative axes count from the last. With {@code keepDims}, reduced axes stay with an extent of 1.
 * Integers are added and multiplied in i64.
 */
public sealed interface ReductionOperations permits Tensor {
  /** This tensor. */
  Tensor self();

  default Tensor sum(int... axes) {
    return sum(false, axes);
  }

  default Tensor sum(boolean keepDims, int... axes) {
    return Reducing.reduce(Reduction.SUM, self(), keepDims, axes);
  }

  /** Of floats; NaN of no numbers. */
  default Tensor mean(int... axes) {
    return mean(false, axes);
  }

  default Tensor mean(boolean keepDims, int... axes) {
    return Reducing.reduce(Reduction.MEAN, self(), keepDims, axes);
  }

  /** The product; its gradient is right for zeros too. */
  default Tensor prod(int... axes) {
    return prod(false, axes);
  }

  default Tensor prod(boolean keepDims, int... axes) {
    return Reducing.reduce(Reduction.PROD, self(), keepDims, axes);
  }

  /** The largest; NaN if there is one. Equal ones share the gradient. */
  default Tensor amax(int... axes) {
    return amax(false, axes);
  }

  default Tensor amax(boolean keepDims, int... axes) {
    return Reducing.reduce(Reduction.MAX, self(), keepDims, axes);
  }

  /** The smallest; NaN if there is one. Equal ones share the gradient. */
  default Tensor amin(int... axes) {
    return amin(false, axes);
  }

  default Tensor amin(boolean keepDims, int... axes) {
    return Reducing.reduce(Reduction.MIN, self(), keepDims, axes);
  }

  /** The largest elements along an axis and where they are, which takes the gradient. */
  default Indexed max(int axis) {
    return Reducing.extreme(self(), true, false, axis, true);
  }

  /** The smallest elements along an axis and where they are, which takes the gradient. */
  default Indexed min(int axis) {
    return Reducing.extreme(self(), false, false, axis, true);
  }

  /** Where the largest element along an axis is, i64; of equal ones the lowest. */
  default Tensor argmax(int axis) {
    return Reducing.extreme(self(), true, false, axis, false).indices();
  }

  /** Where the largest of all elements is, in row-major order. */
  default Tensor argmax() {
    return Reducing.extremeOfAll(self(), true);
  }

  /** Where the smallest element along an axis is, i64; of equal ones the lowest. */
  default Tensor argmin(int axis) {
    return Reducing.extreme(self(), false, false, axis, false).indices();
  }

  /** Where the smallest of all elements is, in row-major order. */
  default Tensor argmin() {
    return Reducing.extremeOfAll(self(), false);
  }

  /** The variance as an estimate from a sample: over {@code n - 1}. */
  default Tensor variance(int... axes) {
    return variance(1, false, axes);
  }

  /**
   * The sum of squared deviations from the mean over {@code n - correction}.
   *
   * @param correction 1 for an estimate from a sample, 0 for a whole population
   */
  default Tensor variance(double correction, boolean keepDims, int... axes) {
    return Reducing.variance(self(), correction, false, keepDims, axes);
  }

  /** The root of {@link #variance(int...)}. */
  default Tensor std(int... axes) {
    return std(1, false, axes);
  }

  /** The root of {@link #variance(double, boolean, int...)}; the gradient of 0 is 0. */
  default Tensor std(double correction, boolean keepDims, int... axes) {
    return Reducing.variance(self(), correction, true, keepDims, axes);
  }

  /** The root of the sum of squares; the gradient of a norm of 0 is 0. */
  default Tensor norm(int... axes) {
    return norm(false, axes);
  }

  default Tensor norm(boolean keepDims, int... axes) {
    return Reducing.reduce(Reduction.L2, self(), keepDims, axes);
  }

  /** The sum of magnitudes; the gradient at 0 is 0. */
  default Tensor norm1(int... axes) {
    return Reducing.reduce(Reduction.L1, self(), false, axes);
  }

  /** The largest magnitude; equal ones share the gradient. */
  default Tensor normMax(int... axes) {
    return Reducing.reduce(Reduction.MAX_NORM, self(), false, axes);
  }

  default Tensor sumSquares(int... axes) {
    return Reducing.reduce(Reduction.SUM_SQUARES, self(), false, axes);
  }

  /** {@code log(sum(exp(x)))} without overflow. */
  default Tensor logSumExp(int... axes) {
    return logSumExp(false, axes);
  }

  default Tensor logSumExp(boolean keepDims, int... axes) {
    return Reducing.reduce(Reduction.LOG_SUM_EXP, self(), keepDims, axes);
  }

  /** Whether an element is not 0: i1. */
  default Tensor any(int... axes) {
    return Reducing.reduce(Reduction.ANY, self(), false, axes);
  }

  /** Whether no element is 0: i1. */
  default Tensor all(int... axes) {
    return Reducing.reduce(Reduction.ALL, self(), false, axes);
  }
}
