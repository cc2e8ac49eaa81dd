package dev.kiln.compiler.analysis;

import dev.kiln.compiler.ir.Shape;
import java.util.Arrays;
import java.util.OptionalLong;

/**
 * How the integers or addresses of a tile run along each axis; a scalar counts as a tile of shape
 * 1. All numbers are powers of two, the larger the more is known.
 *
 * <ul>
 *   <li>contiguity: how many neighbours, in aligned groups, are consecutive numbers (for pointers:
 *       consecutive elements of the pointee);
 *   <li>divisibility: what divides the first number of each such group (for pointers: the address
 *       in bytes);
 *   <li>constancy: how many neighbours, in aligned groups, are equal.
 * </ul>
 *
 * @param constant the number, if all elements are one that is known
 */
public record AxisInfo(
    long[] contiguity, long[] divisibility, long[] constancy, OptionalLong constant) {
  /** Divides zero, and stands for as much as anyone could ask. */
  public static final long MAX_DIVISIBILITY = 1L << 62;

  /** Nothing is known. */
  public static AxisInfo unknown(Shape shape) {
    return of(shape, 1, 1, 1, OptionalLong.empty());
  }

  /** All elements are the number. */
  public static AxisInfo constant(Shape shape, long number) {
    AxisInfo same = same(shape, powerOf2Divisor(number));
    return new AxisInfo(
        same.contiguity, same.divisibility, same.constancy, OptionalLong.of(number));
  }

  /** All elements are one number that is divisible as told. */
  public static AxisInfo same(Shape shape, long divisibility) {
    int rank = Math.max(1, shape.rank());
    long[] constancy = new long[rank];
    for (int axis = 0; axis < rank; axis++) {
      constancy[axis] = shape.rank() == 0 ? 1 : shape.dim(axis);
    }
    return new AxisInfo(
        filled(rank, 1), filled(rank, divisibility), constancy, OptionalLong.empty());
  }

  private static AxisInfo of(
      Shape shape, long contiguity, long divisibility, long constancy, OptionalLong constant) {
    int rank = Math.max(1, shape.rank());
    return new AxisInfo(
        filled(rank, contiguity), filled(rank, divisibility), filled(rank, constancy), constant);
  }

  static long[] filled(int rank, long value) {
    long[] all = new long[rank];
    Arrays.fill(all, value);
    return all;
  }

  public int rank() {
    return contiguity.length;
  }

  public long contiguity(int axis) {
    return contiguity[axis];
  }

  public long divisibility(int axis) {
    return divisibility[axis];
  }

  public long constancy(int axis) {
    return constancy[axis];
  }

  public boolean isConstant(long number) {
    return constant.isPresent() && constant.getAsLong() == number;
  }

  /** What divides the first number of each aligned group of a length along an axis. */
  long divisibilityOfGroups(int axis, long length) {
    return contiguity[axis] > length ? Math.min(divisibility[axis], length) : divisibility[axis];
  }

  /** What is true of both. */
  AxisInfo meet(AxisInfo other) {
    int rank = rank();
    long[] contiguous = new long[rank];
    long[] divisible = new long[rank];
    long[] constant = new long[rank];
    for (int axis = 0; axis < rank; axis++) {
      long group = Math.min(contiguity[axis], other.contiguity[axis]);
      contiguous[axis] = group;
      divisible[axis] =
          Math.min(divisibilityOfGroups(axis, group), other.divisibilityOfGroups(axis, group));
      constant[axis] = Math.min(constancy[axis], other.constancy[axis]);
    }
    OptionalLong number =
        this.constant.equals(other.constant) ? this.constant : OptionalLong.empty();
    return new AxisInfo(contiguous, divisible, constant, number);
  }

  /** The largest power of two that divides a number; {@link #MAX_DIVISIBILITY} for 0. */
  static long powerOf2Divisor(long number) {
    long lowest = Long.lowestOneBit(number);
    return lowest <= 0 ? MAX_DIVISIBILITY : Math.min(lowest, MAX_DIVISIBILITY);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AxisInfo that
        && Arrays.equals(contiguity, that.contiguity)
        && Arrays.equals(divisibility, that.divisibility)
        && Arrays.equals(constancy, that.constancy)
        && constant.equals(that.constant);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(contiguity) + 31 * Arrays.hashCode(divisibility);
  }

  @Override
  public String toString() {
    return "contiguity "
        + Arrays.toString(contiguity)
        + " divisibility "
        + Arrays.toString(divisibility)
        + " constancy "
        + Arrays.toString(constancy)
        + (constant.isPresent() ? " constant " + constant.getAsLong() : "");
  }
}
