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

class CollaborativeFilteringTest {
  private static final double NAN = Double.NaN;

  private final Device device = Devices.cpu();

  private NdArray array(DType dtype, double[]... rows) {
    double[] flat = Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    return NdArray.of(device, dtype, flat, rows.length, rows[0].length);
  }

  /** 1 where a number is, 0 where NaN is. */
  private NdArray known(NdArray ratings) {
    double[] mask = Arrays.stream(ratings.toDoubles()).map(x -> Double.isNaN(x) ? 0 : 1).toArray();
    return NdArray.of(device, DType.I8, mask, ratings.shape());
  }

  @Test
  void aUserWithoutRatingsIsPredictedTheMeansExactly() {
    for (DType dtype : new DType[] {DType.FP32, DType.FP64}) {
      NdArray ratings = array(dtype, d(5, NAN, 1, NAN), d(4, 2, NAN, NAN), d(NAN, NAN, NAN, NAN));
      var settings = new CollaborativeFiltering.Settings(3, 0.05, 0.1, 1);
      try (var model = new CollaborativeFiltering(ratings, known(ratings), settings)) {
        for (int step = 0; step < 50; step++) {
          model.step();
        }
        // An item without ratings has the mean of all: 12 / 4.
        assertThat(model.means()).containsExactly(4.5, 2, 1, 3);
        double[] predicted = model.predict().toDoubles();
        assertThat(Arrays.copyOfRange(predicted, 8, 12)).containsExactly(4.5, 2, 1, 3);
        assertThat(predicted[3]).isEqualTo(3);
        assertThat(predicted[7]).isEqualTo(3);
      }
    }
  }

  @Test
  void theLossCountsKnownRatingsOnlyAndIsThatOfTheDefinition() {
    NdArray ratings = array(DType.FP64, d(5, NAN, 1), d(4, 2, NAN));
    NdArray mask = known(ratings);
    var settings = new CollaborativeFiltering.Settings(1, 1e-3, 0, 2);
    try (var model = new CollaborativeFiltering(ratings, mask, settings)) {
      double[] p = model.predict().toDoubles();
      double expected = (sq(p[0] - 5) + sq(p[2] - 1) + sq(p[3] - 4) + sq(p[4] - 2)) / 2;
      assertThat(model.step()).isCloseTo(expected, within(1e-14));
    }
    // What is not known may hold anything.
    NdArray other = array(DType.FP64, d(5, 77, 1), d(4, 2, 1e300));
    assertThat(losses(other, mask, settings)).isEqualTo(losses(ratings, mask, settings));
  }

  private static double[] losses(
      NdArray ratings, NdArray mask, CollaborativeFiltering.Settings settings) {
    try (var model = new CollaborativeFiltering(ratings, mask, settings)) {
      double[] losses = new double[5];
      for (int step = 0; step < 5; step++) {
        losses[step] = model.step();
      }
      return losses;
    }
  }

  @Test
  void allFactorsMoveAtOnceAgainstTheGradientOfTheDefinition() {
    NdArray ratings = array(DType.FP64, d(5, NAN, 1, 2), d(4, 2, NAN, 3), d(1, 1, 2, NAN));
    double[] goals = ratings.toDoubles();
    double rate = 0.1;
    double decay = 0.3;
    var settings = new CollaborativeFiltering.Settings(2, rate, decay, 3);
    try (var model = new CollaborativeFiltering(ratings, known(ratings), settings)) {
      double[] u = model.userFactors();
      double[] v = model.itemFactors();
      double[] means = model.means();
      double[] du = Arrays.stream(u).map(x -> decay * x).toArray();
      double[] dv = Arrays.stream(v).map(x -> decay * x).toArray();
      for (int at = 0; at < goals.length; at++) {
        int i = 2 * (at / 4);
        int j = 2 * (at % 4);
        if (!Double.isNaN(goals[at])) {
          double error = means[at % 4] + u[i] * v[j] + u[i + 1] * v[j + 1] - goals[at];
          for (int f = 0; f < 2; f++) {
            du[i + f] += error * v[j + f];
            dv[j + f] += error * u[i + f];
          }
        }
      }
      model.step();
      Arrays.setAll(du, i -> u[i] - rate * du[i]);
      Arrays.setAll(dv, j -> v[j] - rate * dv[j]);
      assertThat(model.userFactors()).containsExactly(du, within(1e-14));
      assertThat(model.itemFactors()).containsExactly(dv, within(1e-14));
    }
  }

  @Test
  void findsHiddenRatingsOfProducts() {
    int users = 20;
    int items = 15;
    var random = new SplittableRandom(4);
    double[] u = random.doubles(users, -1, 1).toArray();
    double[] v = random.doubles(items, -1, 1).toArray();
    double[][] full = new double[users][items];
    double[][] shown = new double[users][items];
    for (int i = 0; i < users; i++) {
      for (int j = 0; j < items; j++) {
        full[i][j] = 3 + u[i] * v[j];
        shown[i][j] = random.nextInt(4) == 0 ? NAN : full[i][j];
      }
    }
    NdArray ratings = array(DType.FP32, shown);
    var settings = new CollaborativeFiltering.Settings(2, 0.05, 1e-3, 5);
    try (var model = new CollaborativeFiltering(ratings, known(ratings), settings)) {
      double last = Double.POSITIVE_INFINITY;
      for (int step = 0; step < 600; step++) {
        double loss = model.step();
        assertThat(loss).isLessThanOrEqualTo(last * (1 + 1e-5));
        last = loss;
      }
      double[] predicted = model.predict().toDoubles();
      double error = 0;
      double spread = 0;
      for (int at = 0; at < users * items; at++) {
        int i = at / items;
        int j = at % items;
        if (Double.isNaN(shown[i][j])) {
          error += sq(predicted[at] - full[i][j]);
          spread += sq(3 - full[i][j]);
        }
      }
      assertThat(error).isLessThan(0.1 * spread);
    }
  }

  @Test
  void refusesWhatCannotBeFitted() {
    var settings = new CollaborativeFiltering.Settings(1, 0.1, 0, 0);
    NdArray ratings = array(DType.FP32, d(1, NAN));
    NdArray nothing = NdArray.zeros(device, DType.I8, 1, 2);
    NdArray all = NdArray.full(device, DType.I8, 1, 1, 2);
    refused(
        () -> new CollaborativeFiltering(ratings, nothing, settings),
        "CollaborativeFiltering: at least one rating must be known");
    refused(
        () -> new CollaborativeFiltering(ratings, all, settings),
        "CollaborativeFiltering: known ratings must be finite, but that of user 0 for item 1 is"
            + " NaN");
    refused(
        () -> new CollaborativeFiltering(ratings, NdArray.zeros(device, DType.I8, 2, 1), settings),
        "CollaborativeFiltering: the mask must have the shape of fp32[1, 2] on cpu, but is i8[2, 1]"
            + " on cpu");
    refused(
        () -> new CollaborativeFiltering.Settings(0, 0.1, 0, 0),
        "CollaborativeFiltering: the number of factors must be at least 1, but is 0");
    refused(
        () -> new CollaborativeFiltering.Settings(1, 0.1, -1, 0),
        "CollaborativeFiltering: the decay must be at least 0, but is -1.0");
  }

  private static double sq(double x) {
    return x * x;
  }

  private static double[] d(double... numbers) {
    return numbers;
  }
}
