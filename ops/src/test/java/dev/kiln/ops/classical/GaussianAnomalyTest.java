package dev.kiln.ops.classical;

import static dev.kiln.ops.classical.Faults.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class GaussianAnomalyTest {
  private static final double[][] ROWS = {{-1, 8}, {1, 12}, {-1, 8}, {1, 12}};

  @Test
  void theDensityIsTheProductOfTheFeaturesGaussians() {
    GaussianAnomaly model = GaussianAnomaly.fit(ROWS);
    assertThat(model.means()).containsExactly(0, 10);
    assertThat(model.variances()).containsExactly(1, 4);
    double[] row = {0.5, 13};
    assertThat(model.density(row))
        .isCloseTo(gaussian(0.5, 0, 1) * gaussian(13, 10, 2), within(1e-15));
    assertThat(model.density(new double[] {0, 10})).isCloseTo(1 / (4 * Math.PI), within(1e-15));
  }

  private static double gaussian(double x, double mean, double deviation) {
    double z = (x - mean) / deviation;
    return Math.exp(-z * z / 2) / (deviation * Math.sqrt(2 * Math.PI));
  }

  @Test
  void farRowsKeepAFiniteLogarithm() {
    GaussianAnomaly model = GaussianAnomaly.fit(ROWS);
    assertThat(model.density(new double[] {1e3, 10})).isZero();
    assertThat(model.logDensity(new double[] {1e3, 10})).isBetween(-500_100.0, -499_900.0);
  }

  @Test
  void theThresholdHasTheBestF1() {
    GaussianAnomaly model = GaussianAnomaly.fit(ROWS);
    double[][] known = {{0, 10}, {0.5, 10}, {3, 10}, {1, 10}, {2, 10}, {5, 10}};
    boolean[] anomalous = {false, false, true, false, false, true};
    GaussianAnomaly.Threshold threshold = model.threshold(known, anomalous);
    assertThat(threshold.f1()).isEqualTo(1);
    for (int i = 0; i < known.length; i++) {
      assertThat(model.isAnomaly(known[i], threshold)).isEqualTo(anomalous[i]);
    }
    // With a normal row between both: P = 2/3, R = 1 or P = 1, R = 1/2.
    boolean[] mixed = {false, false, false, false, true, true};
    assertThat(model.threshold(known, mixed).f1()).isCloseTo(0.8, within(1e-15));
  }

  @Test
  void refusesWhatHasNoDensityOrNoThreshold() {
    refused(
        () -> GaussianAnomaly.fit(new double[][] {{1, 2}, {2, 2}}),
        "GaussianAnomaly: column 1 is the same in all rows: leave it out");
    refused(
        () -> GaussianAnomaly.fit(new double[0][]),
        "GaussianAnomaly: there must be at least one row");
    GaussianAnomaly model = GaussianAnomaly.fit(ROWS);
    refused(
        () -> model.threshold(ROWS, new boolean[4]),
        "GaussianAnomaly: a threshold needs at least one anomaly among the rows");
    refused(
        () -> model.threshold(ROWS, new boolean[3]),
        "GaussianAnomaly: there are 4 rows, but 3 classes");
    refused(
        () -> model.density(new double[] {1}),
        "GaussianAnomaly: the row must have 2 columns, but has 1");
  }
}
