package dev.kiln.ops.classical;

import static dev.kiln.ops.classical.Faults.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.classical.GradientDescent.Kind;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RegressionTest {
  private final Device device = Devices.cpu();

  private NdArray matrix(double[]... rows) {
    double[] flat = Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    return NdArray.of(device, DType.FP64, flat, rows.length, rows[0].length);
  }

  @Test
  void weightAndBiasMoveAtOnceByTheErrorsBeforeEitherMoved() {
    double[] y = {2, 4, 6};
    try (var descent = new GradientDescent(Kind.LINEAR, matrix(d(1), d(2), d(3)), y)) {
      // J = 1/(2m) sum: (4 + 16 + 36) / 6.
      assertThat(descent.step(0.1)).isCloseTo(56 / 6.0, within(1e-12));
      // -1/3 (2 + 8 + 18) and -1/3 (2 + 4 + 6): with w first, b would become 0.2133.
      assertThat(descent.model().weights()[0]).isCloseTo(0.1 * 28 / 3, within(1e-12));
      assertThat(descent.model().bias()).isCloseTo(0.4, within(1e-12));
    }
  }

  @Test
  void descentComesToTheClosedForm() {
    double[][] x = random(40, 3);
    double[] y = new double[40];
    var random = new SplittableRandom(2);
    Arrays.setAll(y, i -> 2 * x[i][0] - x[i][1] + 0.5 * x[i][2] + 3 + 0.1 * random.nextGaussian());
    LinearModel exact = LinearModel.leastSquares(x, y, 0);
    assertThat(exact.weights()).containsExactly(d(2, -1, 0.5), within(0.1));
    assertThat(exact.bias()).isCloseTo(3, within(0.1));
    double last = Double.POSITIVE_INFINITY;
    try (var descent = new GradientDescent(Kind.LINEAR, matrix(x), y)) {
      for (int step = 0; step < 150; step++) {
        double loss = descent.step(0.3);
        assertThat(loss).as("J at step %d", step).isLessThanOrEqualTo(last + 1e-15);
        last = loss;
      }
      assertThat(descent.model().weights()).containsExactly(exact.weights(), within(1e-9));
      assertThat(descent.model().bias()).isCloseTo(exact.bias(), within(1e-9));
    }
  }

  @Test
  void theClosedFormHasNoGradientLeft() {
    double[][] x = random(15, 4);
    double[] goals = random(1, 15)[0];
    for (double ridge : d(0, 0.7)) {
      LinearModel model = LinearModel.leastSquares(x, goals, ridge);
      double[] gradient = new double[5];
      for (int i = 0; i < 15; i++) {
        double error = model.of(x[i]) - goals[i];
        for (int j = 0; j < 4; j++) {
          gradient[j] += error * x[i][j] / 15;
        }
        gradient[4] += error / 15;
      }
      double[] weights = model.weights();
      Arrays.setAll(gradient, j -> j < 4 ? gradient[j] + ridge * weights[j] : gradient[j]);
      assertThat(gradient).containsExactly(new double[5], within(1e-12));
    }
  }

  @Test
  void logisticRegressionStartsAtLogTwoAndItsGradientIsThatOfTheCrossEntropy() {
    double[] y = {0, 1, 1};
    try (var descent = new GradientDescent(Kind.LOGISTIC, matrix(d(1), d(2), d(4)), y)) {
      assertThat(descent.step(1)).isCloseTo(Math.log(2), within(1e-12));
      // e = 0.5, -0.5, -0.5 at zero.
      assertThat(descent.model().weights()[0]).isCloseTo(2.5 / 3, within(1e-12));
      assertThat(descent.model().bias()).isCloseTo(0.5 / 3, within(1e-12));
    }
  }

  @Test
  void logisticRegressionSeparatesClasses() {
    double[][] x = random(60, 2);
    double[] y = new double[60];
    Arrays.setAll(y, i -> x[i][0] + 2 * x[i][1] > 0.3 ? 1 : 0);
    try (var descent = new GradientDescent(Kind.LOGISTIC, matrix(x), y)) {
      for (int step = 0; step < 300; step++) {
        descent.step(20);
      }
      LinearModel model = descent.model();
      for (int i = 0; i < 60; i++) {
        assertThat(model.of(x[i]) > 0).as("sample %d", i).isEqualTo(y[i] == 1);
      }
    }
  }

  @Test
  void largeLogitsDoNotOverflowTheLoss() {
    assertThat(Kind.LOGISTIC.loss(1000, 0)).isEqualTo(1000);
    assertThat(Kind.LOGISTIC.loss(-1000, 0)).isZero();
    assertThat(Kind.LOGISTIC.loss(-1000, 1)).isEqualTo(1000);
  }

  @Test
  void refusesWhatCannotBeFitted() {
    refused(
        () -> LinearModel.leastSquares(new double[][] {{1, 2}, {2, 4}, {3, 6}}, d(1, 2, 3), 0),
        "LinearModel: column 1 depends on others: leave it out, or use a ridge above 0");
    refused(
        () -> LinearModel.leastSquares(new double[0][], d(), 0),
        "LinearModel: there must be at least one row");
    refused(
        () -> LinearModel.leastSquares(new double[][] {{1, 2}, {1}}, d(1, 2), 0),
        "LinearModel: row 1 must have 2 columns, but has 1");
    refused(
        () -> LinearModel.leastSquares(new double[][] {{1, Double.NaN}}, d(1), 0),
        "LinearModel: numbers must be finite, but row 0 holds NaN in column 1");
    refused(
        () -> new GradientDescent(Kind.LOGISTIC, matrix(d(1), d(2)), d(0, 2)),
        "GradientDescent: goals of logistic regression must be 0 or 1");
    refused(
        () -> new GradientDescent(Kind.LINEAR, matrix(d(1), d(2)), d(0)),
        "GradientDescent: there are 2 rows, but 1 goals");
    refused(
        () -> new GradientDescent(Kind.LINEAR, matrix(d(1), d(1.0 / 0)), d(0, 1)),
        "GradientDescent: x must be finite, but number 1 is Infinity");
    try (var descent = new GradientDescent(Kind.LINEAR, matrix(d(1)), d(0))) {
      refused(() -> descent.step(0), "GradientDescent: the rate must be above 0, but is 0.0");
    }
  }

  private static double[] d(double... numbers) {
    return numbers;
  }

  private static double[][] random(int rows, int columns) {
    var random = new SplittableRandom(1);
    double[][] x = new double[rows][columns];
    for (double[] row : x) {
      Arrays.setAll(row, j -> random.nextGaussian());
    }
    return x;
  }
}
