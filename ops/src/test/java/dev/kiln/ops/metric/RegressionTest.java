package dev.kiln.ops.metric;

import static dev.kiln.ops.metric.ClassMetricsTest.assertFault;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.ops.metric.Regression.Figure;
import org.junit.jupiter.api.Test;

class RegressionTest {
  @Test
  void figuresEqualTheirDefinitions() {
    Regression errors = new Regression();
    errors.update(new float[] {2.5f, 0}, new float[] {3, -0.5f});
    errors.update(new float[] {2, 8}, new float[] {2, 7});
    assertThat(errors.mae()).isEqualTo(0.5);
    assertThat(errors.mse()).isEqualTo(0.375);
    assertThat(errors.rmse()).isEqualTo(Math.sqrt(0.375));
    // Targets have mean 2.875 and squared deviations that add up to 29.1875.
    assertThat(errors.r2()).isCloseTo(1 - 1.5 / 29.1875, within(1e-14));
    assertThat(errors.rows()).isEqualTo(4);
  }

  @Test
  void varianceOfLargeTargetsDoesNotCancel() {
    Regression errors = new Regression();
    errors.update(new float[] {1e7f, 1e7f + 1, 1e7f + 2}, new float[] {1e7f, 1e7f + 1, 1e7f + 3});
    double mean = 4.0 / 3;
    double spread = mean * mean + (1 - mean) * (1 - mean) + (3 - mean) * (3 - mean);
    assertThat(errors.r2()).isCloseTo(1 - 1 / spread, within(1e-6));
  }

  @Test
  void undefinedFiguresFollowTheirRule() {
    for (Figure figure : Figure.values()) {
      assertThat(Regression.metric(figure).value()).isNaN();
    }
    Regression errors = new Regression();
    errors.update(new float[] {3, 3}, new float[] {3, 3});
    assertThat(errors.r2()).isEqualTo(1);
    errors.update(new float[] {4}, new float[] {3});
    assertThat(errors.r2()).isEqualTo(0);
    errors.reset();
    assertThat(errors.mae()).isNaN();
  }

  @Test
  void eachFigureIsAMetric() {
    ValueMetric rmse = Regression.metric(Figure.RMSE);
    assertThat(rmse.name()).isEqualTo("rmse");
    rmse.update(new float[] {1, 1}, new float[] {3, 3});
    assertThat(rmse.value()).isEqualTo(2);
    rmse.reset();
    assertThat(rmse.value()).isNaN();
    assertFault(
        () -> rmse.update(new float[3], new float[2]),
        "regression: 3 predictions for 2 targets; both are [n]");
  }

  @Test
  void divergenceIsCrossEntropyLessEntropy() {
    double[] p = {0.5, 0.25, 0.25, 0};
    double[] q = {0.25, 0.25, 0.25, 0.25};
    assertThat(Information.entropy(p) / Math.log(2)).isEqualTo(1.5);
    assertThat(Information.divergence(p, q))
        .isCloseTo(Information.crossEntropy(p, q) - Information.entropy(p), within(1e-15));
    assertThat(Information.divergence(p, p)).isZero();
    assertThat(Information.divergence(q, p)).isInfinite();
    assertThat(Information.entropy(new double[] {0.8, 0.2}) / Math.log(2))
        .isCloseTo(0.72, within(0.005));
  }

  @Test
  void disjointDistributionsDivergeByLogTwo() {
    assertThat(Information.symmetricDivergence(new double[] {1, 0}, new double[] {0, 1}))
        .isCloseTo(Math.log(2), within(1e-15));
    assertThat(Information.symmetricDivergence(new double[] {.3, .7}, new double[] {.3, .7}))
        .isZero();
    assertFault(() -> Information.divergence(new double[1], new double[2]), "over 1 and 2 values");
    assertFault(() -> Information.entropy(new double[] {-0.5, 1.5}), "between 0 and 1");
  }
}
