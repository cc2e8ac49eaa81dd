package dev.kiln.ops.classical;

import static dev.kiln.ops.classical.Faults.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PrincipalComponentsTest {
  private static final int N = 50;
  private static final int D = 4;

  private final Device device = Devices.cpu();
  private final double[] mixed = mixed();

  /** Correlated columns around means far from 0. */
  private static double[] mixed() {
    var random = new SplittableRandom(3);
    double[] x = new double[N * D];
    for (int i = 0; i < N; i++) {
      double a = random.nextGaussian();
      double b = random.nextGaussian();
      x[i * D] = 5 + 3 * a;
      x[i * D + 1] = -2 + 2 * a + b;
      x[i * D + 2] = b - a;
      x[i * D + 3] = 0.1 * random.nextGaussian();
    }
    return x;
  }

  private NdArray points() {
    return NdArray.of(device, DType.FP64, mixed, N, D);
  }

  /** {@code D D^T / (N - 1)}, entry by entry. */
  private static double[][] covariance(double[] x, int n, int d) {
    double[][] rows = new double[n][];
    Arrays.setAll(rows, i -> Arrays.copyOfRange(x, i * d, (i + 1) * d));
    double[] means = Moments.means(rows);
    double[][] c = new double[d][d];
    for (double[] row : rows) {
      for (int j = 0; j < d; j++) {
        for (int k = 0; k < d; k++) {
          c[j][k] += (row[j] - means[j]) * (row[k] - means[k]) / (n - 1);
        }
      }
    }
    return c;
  }

  @Test
  void theProjectedCovarianceIsDiagonalAndHoldsTheVariances() {
    try (var components = PrincipalComponents.fit(points(), D);
        NdArray y = components.project(points())) {
      double[][] c = covariance(y.toDoubles(), N, D);
      for (int j = 0; j < D; j++) {
        for (int k = 0; k < D; k++) {
          double expected = j == k ? components.variances()[j] : 0;
          assertThat(c[j][k]).as("covariance %d, %d", j, k).isCloseTo(expected, within(1e-12));
        }
      }
      double[][] original = covariance(mixed, N, D);
      double trace = 0;
      for (int j = 0; j < D; j++) {
        trace += original[j][j];
      }
      assertThat(Arrays.stream(components.variances()).sum()).isCloseTo(trace, within(1e-12));
      assertThat(Arrays.stream(components.explained()).sum()).isCloseTo(1, within(1e-12));
      assertThat(components.variances()).isSortedAccordingTo((a, b) -> Double.compare(b, a));
    }
  }

  @Test
  void pointsOnALineHaveOneComponent() {
    NdArray line = NdArray.of(device, DType.FP64, new double[] {1, 2, 2, 4, 3, 6}, 3, 2);
    try (var components = PrincipalComponents.fit(line, 2)) {
      // C = (1 2; 2 4).
      assertThat(components.variances()).containsExactly(new double[] {5, 0}, within(1e-12));
      double root = Math.sqrt(5);
      assertThat(components.components()[0])
          .containsExactly(new double[] {1 / root, 2 / root}, within(1e-12));
      assertThat(components.explained()).containsExactly(new double[] {1, 0}, within(1e-12));
    }
  }

  @Test
  void allComponentsRestoreThePointsAndFewerLoseTheVarianceOfTheOthers() {
    for (int count = 1; count <= D; count++) {
      try (var all = PrincipalComponents.fit(points(), D);
          var some = PrincipalComponents.fit(points(), count);
          NdArray y = some.project(points());
          NdArray x = some.restore(y)) {
        double[] restored = x.toDoubles();
        double error = 0;
        for (int i = 0; i < restored.length; i++) {
          error += Math.pow(restored[i] - mixed[i], 2) / (N - 1);
        }
        double lost = Arrays.stream(all.variances()).skip(count).sum();
        assertThat(error).as("%d components", count).isCloseTo(lost, within(1e-12));
      }
    }
  }

  @Test
  void eigenvectorsAreOrthonormalAndFulfilTheirEquation() {
    int n = 12;
    var random = new SplittableRandom(4);
    double[][] a = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        a[i][j] = random.nextGaussian();
        a[j][i] = a[i][j];
      }
    }
    SymmetricEigen eigen = SymmetricEigen.of(a);
    for (int p = 0; p < n; p++) {
      double[] v = eigen.vectors()[p];
      double[] product = new double[n];
      Arrays.setAll(product, i -> dot(a[i], v));
      int of = p;
      double[] scaled = Arrays.stream(v).map(x -> eigen.values()[of] * x).toArray();
      assertThat(product).containsExactly(scaled, within(1e-13));
      for (int q = 0; q < n; q++) {
        assertThat(dot(v, eigen.vectors()[q])).isCloseTo(p == q ? 1 : 0, within(1e-14));
      }
    }
    assertThat(eigen.values()).isSortedAccordingTo((x, y) -> Double.compare(y, x));
  }

  @Test
  void zerosAndDiagonalsAreTheirOwnEigenvalues() {
    assertThat(SymmetricEigen.of(new double[3][3]).values()).containsOnly(0);
    double[][] diagonal = {{2, 0, 0}, {0, -7, 0}, {0, 0, 3}};
    assertThat(SymmetricEigen.of(diagonal).values()).containsExactly(3, 2, -7);
    double[][] swap = {{0, 1}, {1, 0}};
    assertThat(SymmetricEigen.of(swap).values())
        .containsExactly(new double[] {1, -1}, within(1e-15));
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  @Test
  void refusesWhatHasNoComponents() {
    refused(
        () -> PrincipalComponents.fit(points(), 5),
        "PrincipalComponents: the number of components must be from 1 to 4, but is 5");
    refused(
        () -> PrincipalComponents.fit(points().narrow(0, 0, 1), 1),
        "PrincipalComponents: the number of points must be at least 2, but is 1");
    refused(
        () -> PrincipalComponents.fit(NdArray.full(device, DType.FP32, Double.NaN, 2, 2), 1),
        "PrincipalComponents: x must be finite, but number 0 is NaN");
    try (var components = PrincipalComponents.fit(points(), 2)) {
      refused(
          () -> components.restore(points()),
          "PrincipalComponents: coordinates must be fp64 with 2 columns, but are fp64[50, 4] on"
              + " cpu");
    }
    refused(
        () -> SymmetricEigen.of(new double[2][3]),
        "SymmetricEigen: there are 2 rows, but 3 columns");
  }
}
