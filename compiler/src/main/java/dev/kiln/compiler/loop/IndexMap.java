package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Which element of a tile a nest visits: the index along tile axis {@code a} is {@code constant[a]
 * + sum over nest axes j of weight[a][j] * index[j]}. Extents, weights and constants are such that
 * no sum carries, as extents are powers of two. Immutable; compared by value.
 */
final class IndexMap {
  private final int nestRank;
  private final long[] constant;
  private final long[][] weight;
  private final int hash;

  private IndexMap(int nestRank, long[] constant, long[][] weight) {
    this.nestRank = nestRank;
    this.constant = constant;
    this.weight = weight;
    this.hash = 31 * Arrays.hashCode(constant) + Arrays.deepHashCode(weight);
  }

  /**
   * Extents of the nest that runs over a tile: its extents without those of 1; {1} if none stay.
   */
  static int[] nestDims(Shape shape) {
    int[] dims = Arrays.stream(shape.toArray()).filter(d -> d > 1).toArray();
    return dims.length == 0 ? new int[] {1} : dims;
  }

  /** The map of a tile onto the nest of {@link #nestDims}. */
  static IndexMap withoutUnits(Shape shape) {
    int nestRank = nestDims(shape).length;
    long[][] weight = new long[shape.rank()][nestRank];
    int axis = 0;
    for (int a = 0; a < shape.rank(); a++) {
      if (shape.dim(a) > 1) {
        weight[a][axis++] = 1;
      }
    }
    return new IndexMap(nestRank, new long[shape.rank()], weight);
  }

  /** Axis by axis. */
  static IndexMap identity(int rank) {
    long[][] weight = new long[rank][rank];
    for (int a = 0; a < rank; a++) {
      weight[a][a] = 1;
    }
    return new IndexMap(rank, new long[rank], weight);
  }

  /** A tile of the given rank whose axis {@code axis} is the only axis of the nest. */
  static IndexMap alongAxis(int rank, int axis) {
    long[][] weight = new long[rank][1];
    weight[axis][0] = 1;
    return new IndexMap(1, new long[rank], weight);
  }

  int rank() {
    return constant.length;
  }

  int nestRank() {
    return nestRank;
  }

  long constant(int axis) {
    return constant[axis];
  }

  long weight(int axis, int nestAxis) {
    return weight[axis][nestAxis];
  }

  /** The nest axis that alone runs along the tile axis, with weight 1 from 0. */
  Optional<Integer> plainAxis(int axis) {
    if (constant[axis] != 0) {
      return Optional.empty();
    }
    int found = -1;
    for (int j = 0; j < nestRank; j++) {
      if (weight[axis][j] != 0) {
        if (found >= 0 || weight[axis][j] != 1) {
          return Optional.empty();
        }
        found = j;
      }
    }
    return found < 0 ? Optional.empty() : Optional.of(found);
  }

  /** Whether two indices of the nest never visit one element. */
  boolean isInjective(int[] dims) {
    for (int j = 0; j < nestRank; j++) {
      if (dims[j] > 1 && !uses(j)) {
        return false;
      }
    }
    return true;
  }

  private boolean uses(int nestAxis) {
    return Arrays.stream(weight).anyMatch(row -> row[nestAxis] != 0);
  }

  /** Whether the nest visits every element of a tile of the shape exactly once. */
  boolean isBijective(Shape shape, int[] dims) {
    long count = 1;
    for (int d : dims) {
      count *= d;
    }
    return count == shape.size() && isInjective(dims);
  }

  /** The map of the operand of an {@code expand_dims} at the axis. */
  IndexMap remove(int axis) {
    long[] c = new long[rank() - 1];
    long[][] w = new long[rank() - 1][];
    for (int a = 0; a < c.length; a++) {
      int from = a < axis ? a : a + 1;
      c[a] = constant[from];
      w[a] = weight[from];
    }
    return new IndexMap(nestRank, c, w);
  }

  /** The map of a tile with one more axis, at a fixed index there. */
  IndexMap insert(int axis, long index) {
    long[] c = new long[rank() + 1];
    long[][] w = new long[rank() + 1][];
    for (int a = 0; a < c.length; a++) {
      if (a == axis) {
        c[a] = index;
        w[a] = new long[nestRank];
      } else {
        c[a] = constant[a < axis ? a : a - 1];
        w[a] = weight[a < axis ? a : a - 1];
      }
    }
    return new IndexMap(nestRank, c, w);
  }

  /** The map that starts later along an axis. */
  IndexMap shifted(int axis, long by) {
    long[] c = constant.clone();
    c[axis] += by;
    return new IndexMap(nestRank, c, weight);
  }

  /** The map of the operand of a {@code broadcast}: axes of extent 1 there are at index 0. */
  IndexMap beforeBroadcast(Shape operand) {
    long[] c = constant.clone();
    long[][] w = weight.clone();
    for (int a = 0; a < c.length; a++) {
      if (operand.dim(a) == 1) {
        c[a] = 0;
        w[a] = new long[nestRank];
      }
    }
    return new IndexMap(nestRank, c, w);
  }

  /** The map of the operand of a {@code permute}. */
  IndexMap beforePermute(List<Integer> order) {
    long[] c = new long[rank()];
    long[][] w = new long[rank()][];
    for (int a = 0; a < rank(); a++) {
      c[order.get(a)] = constant[a];
      w[order.get(a)] = weight[a];
    }
    return new IndexMap(nestRank, c, w);
  }

  /**
   * The map of the operand of a {@code reshape}; empty where one nest axis would run along several
   * of the operand's axes.
   */
  Optional<IndexMap> beforeReshape(Shape operand, Shape result, int[] dims) {
    long[] position = positions(result);
    int[] strides = operand.rowMajorStrides();
    long[] c = new long[operand.rank()];
    long[][] w = new long[operand.rank()][nestRank];
    long rest = offset(result);
    for (int a = 0; a < operand.rank(); a++) {
      c[a] = rest / strides[a] % operand.dim(a);
    }
    for (int j = 0; j < nestRank; j++) {
      if (position[j] == 0 || dims[j] == 1) {
        continue;
      }
      int axis = axisHolding(operand, strides, position[j], dims[j]);
      if (axis < 0) {
        return Optional.empty();
      }
      w[axis][j] = position[j] / strides[axis];
    }
    return Optional.of(new IndexMap(nestRank, c, w));
  }

  private static int axisHolding(Shape operand, int[] strides, long step, int extent) {
    for (int a = 0; a < operand.rank(); a++) {
      if (operand.dim(a) > 1
          && strides[a] <= step
          && step * extent <= (long) strides[a] * operand.dim(a)) {
        return a;
      }
    }
    return -1;
  }

  /** Elements that each nest axis moves in a row-major tile of the shape. */
  long[] positions(Shape shape) {
    int[] strides = shape.rowMajorStrides();
    long[] position = new long[nestRank];
    for (int j = 0; j < nestRank; j++) {
      for (int a = 0; a < rank(); a++) {
        position[j] += strides[a] * weight[a][j];
      }
    }
    return position;
  }

  /** Elements before the nest's first one in a row-major tile of the shape. */
  long offset(Shape shape) {
    int[] strides = shape.rowMajorStrides();
    long sum = 0;
    for (int a = 0; a < rank(); a++) {
      sum += strides[a] * constant[a];
    }
    return sum;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof IndexMap that
        && hash == that.hash
        && nestRank == that.nestRank
        && Arrays.equals(constant, that.constant)
        && Arrays.deepEquals(weight, that.weight);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public String toString() {
    return Arrays.toString(constant) + "+" + Arrays.deepToString(weight);
  }
}
