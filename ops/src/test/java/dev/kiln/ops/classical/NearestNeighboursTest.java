package dev.kiln.ops.classical;

import static dev.kiln.ops.classical.Faults.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NearestNeighboursTest {
  private final Device device = Devices.cpu();

  private NdArray line(double... points) {
    return NdArray.of(device, DType.FP32, points, points.length, 1);
  }

  private int[] classify(double[] points, int[] classes, int k, double... queries) {
    try (var nearest = new NearestNeighbours(line(points), classes, k)) {
      return nearest.classify(line(queries));
    }
  }

  @Test
  void theMajorityOfTheNearestWins() {
    double[] points = {0, 1, 2, 10, 11};
    int[] classes = {5, 0, 0, 2, 2};
    assertThat(classify(points, classes, 1, 0.1, 1.2, 12)).containsExactly(5, 0, 2);
    assertThat(classify(points, classes, 3, 0.1, 1.2, 12)).containsExactly(0, 0, 2);
    assertThat(classify(points, classes, 5, 100)).containsExactly(2);
  }

  @Test
  void ofEqualVotesTheClassOfTheNearestPointWins() {
    assertThat(classify(new double[] {0, 3}, new int[] {7, 1}, 2, 1, 2)).containsExactly(7, 1);
    double[] points = {1, 2, 3, 4};
    assertThat(classify(points, new int[] {3, 0, 0, 3}, 4, 0, 2.4)).containsExactly(3, 0);
  }

  @Test
  void ofEquallyNearPointsTheFirstAreNearer() {
    try (var nearest = new NearestNeighbours(line(1, -1, 1, -1), new int[] {0, 1, 2, 3}, 3)) {
      assertThat(nearest.neighbours(line(0))).isDeepEqualTo(new int[][] {{0, 1, 2}});
      assertThat(nearest.neighbours(line(-1))).isDeepEqualTo(new int[][] {{1, 3, 0}});
    }
  }

  @Test
  void neighboursAreThoseOfASearchThroughAllPoints() {
    int n = 300;
    int m = 40;
    int d = 4;
    var random = new SplittableRandom(8);
    double[] points = random.doubles(n * d).toArray();
    double[] queries = random.doubles(m * d).toArray();
    NdArray on = NdArray.of(device, DType.FP64, points, n, d);
    try (var nearest = new NearestNeighbours(on, new int[n], 6)) {
      int[][] found = nearest.neighbours(NdArray.of(device, DType.FP64, queries, m, d));
      for (int q = 0; q < m; q++) {
        int from = q * d;
        int[] expected =
            IntStream.range(0, n)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> square(points, i * d, queries, from, d)))
                .limit(6)
                .mapToInt(i -> i)
                .toArray();
        assertThat(found[q]).as("query %d", q).isEqualTo(expected);
      }
    }
  }

  private static double square(double[] x, int fromX, double[] y, int fromY, int d) {
    return IntStream.range(0, d).mapToDouble(j -> Math.pow(x[fromX + j] - y[fromY + j], 2)).sum();
  }

  @Test
  void queriesInSeveralBlocksGiveWhatOneBlockGives() {
    int n = 3000;
    var random = new SplittableRandom(9);
    double[] points = random.doubles(n).toArray();
    double[] queries = random.doubles(1500).toArray();
    int[] classes = IntStream.range(0, n).toArray();
    int[] expected =
        Arrays.stream(queries)
            .mapToInt(
                q ->
                    IntStream.range(0, n)
                        .boxed()
                        .min(
                            Comparator.comparingDouble(
                                i ->
                                    (float) points[i] - (float) q < 0
                                        ? (float) q - (float) points[i]
                                        : (float) points[i] - (float) q))
                        .orElseThrow())
            .toArray();
    assertThat(classify(points, classes, 1, queries)).isEqualTo(expected);
  }

  @Test
  void refusesWhatCannotVote() {
    refused(
        () -> new NearestNeighbours(line(1, 2), new int[] {0, 1}, 3),
        "NearestNeighbours: k must be from 1 to the number of points, 2, but is 3");
    refused(
        () -> new NearestNeighbours(line(1, 2), new int[] {0}, 1),
        "NearestNeighbours: there are 2 rows, but 1 classes");
    refused(
        () -> new NearestNeighbours(line(1, 2), new int[] {0, -1}, 1),
        "NearestNeighbours: classes must be 0 or above, but class 1 is -1");
    refused(
        () -> new NearestNeighbours(line(1, Double.NaN), new int[] {0, 1}, 1),
        "NearestNeighbours: points must be finite, but number 1 is NaN");
    try (var nearest = new NearestNeighbours(line(1, 2), new int[] {0, 1}, 1)) {
      refused(
          () -> nearest.classify(line(1e30)),
          "NearestNeighbours: squared distances overflow: scale points and queries down");
      refused(
          () -> nearest.classify(NdArray.zeros(device, DType.FP32, 1, 2)),
          "Distances: argument 'c' must have as many columns as 'x', fp32[1, 2] on cpu, but is"
              + " fp32[2, 1] on cpu");
    }
  }
}
