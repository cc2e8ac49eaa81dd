package dev.kiln.ops.classical;

import static dev.kiln.ops.classical.Faults.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.classical.KMeans.Clusters;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KMeansTest {
  private final Device device = Devices.cpu();
  private final KMeans kMeans = new KMeans(device);

  @AfterEach
  void close() {
    kMeans.close();
  }

  private NdArray line(double... points) {
    return NdArray.of(device, DType.FP64, points, points.length, 1);
  }

  /** Points around {@code k} corners, in turns. */
  private NdArray blobs(DType dtype, int n, int k) {
    var random = new SplittableRandom(5);
    double[] points = new double[2 * n];
    Arrays.setAll(points, i -> 10 * (i / 2 % k) * (i % 2 == 0 ? 1 : -1) + random.nextGaussian());
    return NdArray.of(device, dtype, points, n, 2);
  }

  @Test
  void twoStepsByHand() {
    Clusters clusters = kMeans.fit(line(0, 1, 9, 10), new double[][] {{0}, {1}}, 100);
    // {0}, {1, 9, 10}: 0 + 64 + 81; then 0 and 20/3: {0, 1}, {9, 10}; then 0.5 and 9.5.
    double second = 1 + (9 - 20 / 3.0) * (9 - 20 / 3.0) + (10 - 20 / 3.0) * (10 - 20 / 3.0);
    assertThat(clusters.losses()).hasSize(3);
    assertThat(clusters.losses().get(0)).isEqualTo(145);
    assertThat(clusters.losses().get(1)).isCloseTo(second, within(1e-12));
    assertThat(clusters.loss()).isEqualTo(1);
    assertThat(clusters.centres()).isDeepEqualTo(new double[][] {{0.5}, {9.5}});
    assertThat(clusters.index()).containsExactly(0, 0, 1, 1);
  }

  @Test
  void theLossNeverRisesInAnyDtype() {
    for (DType dtype : List.of(DType.FP32, DType.FP16, DType.BF16, DType.FP64)) {
      var random = new SplittableRandom(6);
      double[] flat = random.doubles(600).toArray();
      NdArray points = NdArray.of(device, dtype, flat, 200, 3);
      Clusters clusters = kMeans.fit(points, new KMeans.Settings(7, 1, 100, 3));
      assertThat(clusters.losses()).hasSizeGreaterThan(3);
      for (int t = 1; t < clusters.losses().size(); t++) {
        assertThat(clusters.losses().get(t)).isLessThan(clusters.losses().get(t - 1));
      }
    }
  }

  @Test
  void theBestOfSeveralStartsIsKept() {
    double[] flat = new SplittableRandom(7).doubles(200).toArray();
    NdArray points = NdArray.of(device, DType.FP64, flat, 100, 2);
    double best = Double.POSITIVE_INFINITY;
    double worst = 0;
    for (int starts = 1; starts <= 6; starts++) {
      double loss = kMeans.fit(points, new KMeans.Settings(9, starts, 100, 11)).loss();
      assertThat(loss).as("of %d starts", starts).isLessThanOrEqualTo(best);
      best = loss;
      worst = Math.max(worst, loss);
    }
    assertThat(best).isLessThan(worst);
  }

  @Test
  void findsBlobsAndTellsThemApart() {
    NdArray points = blobs(DType.FP32, 120, 4);
    Clusters clusters = kMeans.fit(points, KMeans.Settings.of(4));
    for (int i = 4; i < 120; i++) {
      assertThat(clusters.index()[i]).isEqualTo(clusters.index()[i % 4]);
    }
    assertThat(Arrays.stream(clusters.index()).limit(4).distinct().count()).isEqualTo(4);
    assertThat(kMeans.nearest(points, clusters.centres())).isEqualTo(clusters.index());
  }

  @Test
  void aCentreWithoutPointsMovesToTheFarthestPoint() {
    double[][] start = {{0}, {-100}, {-200}};
    Clusters clusters = kMeans.fit(line(0, 1, 2, 50, 80), start, 100);
    assertThat(clusters.losses().getFirst()).isEqualTo(1 + 4 + 2500 + 6400);
    assertThat(clusters.centres()).isDeepEqualTo(new double[][] {{1}, {80}, {50}});
    assertThat(clusters.loss()).isEqualTo(2);
  }

  @Test
  void equalPointsNeedNoMoreThanOneCluster() {
    Clusters clusters = kMeans.fit(line(3, 3, 3), KMeans.Settings.of(2));
    assertThat(clusters.loss()).isZero();
    assertThat(clusters.index()).containsExactly(0, 0, 0);
  }

  @Test
  void theSameSeedGivesTheSameBits() {
    NdArray points = blobs(DType.FP32, 100, 5);
    var settings = new KMeans.Settings(4, 3, 50, 99);
    Clusters first = kMeans.fit(points, settings);
    Clusters second = kMeans.fit(points, settings);
    assertThat(first.centres()).isDeepEqualTo(second.centres());
    assertThat(first.losses()).isEqualTo(second.losses());
  }

  @Test
  void refusesWhatCannotBeClustered() {
    refused(
        () -> kMeans.fit(line(1, 2), KMeans.Settings.of(3)),
        "KMeans: there must be at least as many points as clusters, but there are 2 points for 3"
            + " clusters");
    refused(
        () -> kMeans.fit(line(1, Double.NaN), KMeans.Settings.of(1)),
        "KMeans: points must be finite, but number 1 is NaN");
    refused(
        () -> kMeans.fit(line(), KMeans.Settings.of(1)),
        "KMeans: points must be a matrix of floats with at least one row and column, but is"
            + " fp64[0, 1] on cpu");
    NdArray far = NdArray.of(device, new float[] {-1e30f, 0, 1e30f}, 3, 1);
    String overflow =
        "KMeans: squared distances overflow: scale the points down, which are fp32[3, 1] on cpu";
    refused(() -> kMeans.fit(far, KMeans.Settings.of(2)), overflow);
    refused(() -> kMeans.fit(far, new double[][] {{0}}, 1), overflow);
    refused(() -> kMeans.nearest(far, new double[][] {{0}}), overflow);
    refused(
        () -> KMeans.Settings.of(0), "KMeans: the number of clusters must be at least 1, but is 0");
  }
}
