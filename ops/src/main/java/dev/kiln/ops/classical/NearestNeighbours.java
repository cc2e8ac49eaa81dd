package dev.kiln.ops.classical;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.classical.Distances;
import dev.kiln.kernels.rearrange.Sorting;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;

/**
 * Classes by a vote of the {@code k} nearest points, by Euclidean distance. Of points at equal
 * distances the first are the nearer ones; of classes with equal votes the one wins whose nearest
 * point is the nearest. Not thread-safe.
 */
public final class NearestNeighbours implements AutoCloseable {
  private static final String NAME = "NearestNeighbours";

  /** Distances that are held at a time, unless a single query needs more. */
  private static final long MOST_DISTANCES = 1 << 22;

  private final Device device;
  private final NdArray points;
  private final int[] classes;
  private final int numberOfClasses;
  private final int k;
  private final Distances distances;
  private final Sorting sorting;

  /**
   * @param points {@code n x d}, rows without gaps: fp32, fp16, bf16 or fp64; stays the caller's
   * @param classes one for each point, 0 or above
   * @param k how many vote, from 1 to {@code n}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules, or numbers are not
   *     finite
   */
  public NearestNeighbours(NdArray points, int[] classes, int k) {
    Inputs.matrix(NAME, "points", points);
    Inputs.sameLength(NAME, "classes", classes.length, (int) points.dim(0));
    if (k < 1 || k > classes.length) {
      throw Inputs.fault(
          NAME, "k must be from 1 to the number of points, " + classes.length + ", but is " + k);
    }
    for (int i = 0; i < classes.length; i++) {
      if (classes[i] < 0) {
        throw Inputs.fault(
            NAME, "classes must be 0 or above, but class " + i + " is " + classes[i]);
      }
    }
    device = points.device();
    this.points = points;
    this.classes = classes.clone();
    this.k = k;
    numberOfClasses = Arrays.stream(classes).max().orElseThrow() + 1;
    distances = new Distances(device);
    sorting = new Sorting(device);
  }

  /**
   * The {@code k} nearest points of each query, the nearest first.
   *
   * @param queries {@code m x d}, of the dtype of the points
   * @throws dev.kiln.runtime.KilnException if the queries are not like the points
   */
  public int[][] neighbours(NdArray queries) {
    Inputs.matrix(NAME, "queries", queries);
    int m = (int) queries.dim(0);
    int n = classes.length;
    int block = Math.clamp(MOST_DISTANCES / n, 1, m);
    DType wide = points.dtype() == DType.FP64 ? DType.FP64 : DType.FP32;
    int[][] found = new int[m][k];
    try (NdArray squares = NdArray.empty(device, wide, block, n);
        NdArray best = NdArray.empty(device, wide, block, k);
        NdArray index = NdArray.empty(device, DType.I32, block, k)) {
      for (int from = 0; from < m; from += block) {
        int count = Math.min(block, m - from);
        NdArray ofBlock = squares.narrow(0, 0, count);
        NdArray places = index.narrow(0, 0, count);
        distances.run(queries.narrow(0, from, from + count), points, ofBlock);
        NdArray nearest = best.narrow(0, 0, count);
        sorting.topK(ofBlock, k, false, nearest, places);
        requireFinite(nearest);
        long[] flat = places.toLongs();
        for (int i = 0; i < flat.length; i++) {
          found[from + i / k][i % k] = (int) flat[i];
        }
      }
    }
    return found;
  }

  /** Points at infinite distances would be told apart by nothing but their order. */
  private static void requireFinite(NdArray squares) {
    if (Arrays.stream(squares.toDoubles()).anyMatch(x -> !Double.isFinite(x))) {
      throw Inputs.fault(NAME, "squared distances overflow: scale points and queries down");
    }
  }

  /** The class of each query, by vote. */
  public int[] classify(NdArray queries) {
    int[][] neighbours = neighbours(queries);
    int[] winners = new int[neighbours.length];
    Arrays.setAll(winners, i -> winner(neighbours[i]));
    return winners;
  }

  private int winner(int[] nearest) {
    int[] votes = new int[numberOfClasses];
    for (int i : nearest) {
      votes[classes[i]]++;
    }
    int winner = classes[nearest[0]];
    for (int i : nearest) {
      winner = votes[classes[i]] > votes[winner] ? classes[i] : winner;
    }
    return winner;
  }

  @Override
  public void close() {
    distances.close();
    sorting.close();
  }
}
