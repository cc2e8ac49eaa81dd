package dev.kiln.ops.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.runtime.KilnException;
import java.util.List;
import java.util.function.LongToDoubleFunction;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class ScheduleTest {
  private static final Offset<Double> CLOSE = within(1e-12);

  private static void assertFollows(Schedule schedule, int steps, LongToDoubleFunction expected) {
    for (long e = 0; e < steps; e++) {
      assertThat(schedule.at(e))
          .as("%s at %d", schedule, e)
          .isCloseTo(expected(expected, e), CLOSE);
    }
  }

  private static double expected(LongToDoubleFunction expected, long e) {
    return expected.applyAsDouble(e);
  }

  @Test
  void exponentialMultipliesByGammaEachStep() {
    double[] rate = {0.1};
    assertFollows(
        new Exponential(0.1, 0.9),
        50,
        e -> {
          double now = rate[0];
          rate[0] *= 0.9;
          return now;
        });
  }

  @Test
  void naturalExponentialStartsFromTheInitialRateEachTime() {
    assertFollows(new NaturalExponential(0.1, 0.05), 50, e -> 0.1 / Math.pow(Math.E, 0.05 * e));
    assertThat(new NaturalExponential(1, 1).at(2)).isCloseTo(0.1353352832366127, CLOSE);
  }

  @Test
  void inverseTimeDividesByTheStep() {
    assertThat(new InverseTime(0.5, 0.5).at(0)).isEqualTo(0.5);
    assertThat(new InverseTime(0.5, 0.5).at(2)).isEqualTo(0.25);
  }

  @Test
  void lambdaMultipliesTheInitialRate() {
    Schedule schedule = new LambdaSchedule(0.2, "0.95^e", e -> Math.pow(0.95, e));
    assertThat(schedule.at(0)).isEqualTo(0.2);
    assertThat(schedule.at(3)).isCloseTo(0.2 * 0.857375, CLOSE);
    assertThatThrownBy(() -> new LambdaSchedule(0.2, "1/e", e -> 1.0 / e).at(0))
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("1/e(0)")
        .hasMessageContaining("must be finite");
  }

  @Test
  void polynomialHoldsItsEnd() {
    Schedule schedule = new Polynomial(0.1, 10, 2, 0.01, false);
    assertFollows(schedule, 11, e -> 0.09 * (10 - e) * (10 - e) / 100 + 0.01);
    assertThat(schedule.at(1000)).isEqualTo(0.01);
  }

  @Test
  void polynomialCycleHasFactorOneAtZero() {
    Schedule schedule = new Polynomial(0.1, 10, 1, 0.01, true);
    assertThat(schedule.at(0)).isEqualTo(0.1);
    assertThat(schedule.at(10)).isCloseTo(0.01, CLOSE);
    // Between 10 and 20 the length is 20.
    assertThat(schedule.at(11)).isCloseTo(0.09 * 9 / 20 + 0.01, CLOSE);
    assertThat(schedule.at(20)).isCloseTo(0.01, CLOSE);
    assertThat(schedule.at(25)).isCloseTo(0.09 * 5 / 30 + 0.01, CLOSE);
  }

  @Test
  void stepDecayMultipliesAtEachMultiple() {
    assertFollows(new StepDecay(1, 3, 0.5), 10, e -> new double[] {1, .5, .25, .125}[(int) e / 3]);
  }

  @Test
  void multiStepMultipliesAtEachMilestone() {
    double[] rate = {1};
    List<Long> milestones = List.of(2L, 5L, 5L);
    assertFollows(
        new MultiStep(1, milestones, 0.1),
        9,
        e -> {
          milestones.stream().filter(m -> m == e).forEach(_ -> rate[0] *= 0.1);
          return rate[0];
        });
  }

  @Test
  void piecewiseTakesTheNewRateAtTheBoundary() {
    Schedule schedule = new PiecewiseConstant(List.of(3.0, 2.0, 1.0), List.of(4L, 6L));
    assertFollows(schedule, 9, e -> e < 4 ? 3 : e < 6 ? 2 : 1);
  }

  /** PyTorch computes each rate from the one before; this is its recurrence. */
  @Test
  void cosineEqualsTheRecurrence() {
    Cosine schedule = new Cosine(0.1, 20, 0.001);
    double rate = 0.1;
    assertThat(schedule.at(0)).isEqualTo(0.1);
    for (int e = 1; e <= 20; e++) {
      double now = 1 + Math.cos(Math.PI * e / 20);
      double before = 1 + Math.cos(Math.PI * (e - 1) / 20);
      rate = now / before * (rate - 0.001) + 0.001;
      assertThat(schedule.at(e)).isCloseTo(rate, CLOSE);
    }
    assertThat(schedule.at(40)).isCloseTo(0.1, CLOSE);
  }

  /** PyTorch counts within the period and makes the next one longer. */
  @Test
  void restartsEqualTheCountingLoop() {
    for (long multiplier = 1; multiplier <= 3; multiplier++) {
      Schedule schedule = new CosineRestarts(1, 4, multiplier, 0.1);
      long within = 0;
      long length = 4;
      for (long e = 0; e < 100; e++) {
        double expected = 0.1 + 0.9 * (1 + Math.cos(Math.PI * within / length)) / 2;
        assertThat(schedule.at(e)).as("%d x %d", multiplier, e).isCloseTo(expected, CLOSE);
        if (++within == length) {
          within = 0;
          length *= multiplier;
        }
      }
    }
    assertThat(new CosineRestarts(1, 4, 7, 0).at(Long.MAX_VALUE)).isBetween(0.0, 1.0);
  }

  @Test
  void noamMatchesThePaper() {
    Noam schedule = new Noam(1, 512, 4000);
    assertThat(schedule.at(0)).isEqualTo(0);
    assertThat(schedule.at(1)).isCloseTo(1.74693e-7, within(5e-13));
    assertThat(schedule.at(4000)).isCloseTo(6.98771e-4, within(5e-10));
    assertThat(schedule.at(8000)).isCloseTo(4.94106e-4, within(5e-10));
    assertThat(new Noam(2, 512, 4000).at(4000)).isEqualTo(2 * schedule.at(4000));
  }

  /** Ten steps: the peak lies at 0.3 * 10 - 1 = 2, the end at 9. */
  @Test
  void oneCycleRisesAndFallsAsInPyTorch() {
    OneCycle schedule = new OneCycle(1, 10);
    assertThat(schedule.at(0)).isCloseTo(0.04, CLOSE);
    assertThat(schedule.at(1)).isCloseTo(0.52, CLOSE);
    assertThat(schedule.at(2)).isCloseTo(1, CLOSE);
    assertThat(schedule.at(9)).isCloseTo(0.04 / 1e4, CLOSE);
    assertThat(schedule.at(12)).isEqualTo(schedule.at(9));
    assertFollows(
        schedule,
        10,
        e ->
            e <= 2
                ? 0.04 + 0.96 * (1 - Math.cos(Math.PI * e / 2)) / 2
                : 4e-6 + (1 - 4e-6) * (1 + Math.cos(Math.PI * (e - 2) / 7)) / 2);
  }

  @Test
  void oneCycleRunsAlongLinesInThreePhases() {
    OneCycle schedule = new OneCycle(1, 10, 0.4, 10, 100, true, true);
    double[] expected = {0.1, 0.4, 0.7, 1, 0.7, 0.4, 0.1, 0.1 - 0.033, 0.034, 0.001};
    assertFollows(schedule, 10, e -> expected[(int) e]);
    assertThat(schedule.momentum(0, 0.85, 0.95)).isCloseTo(0.95, CLOSE);
    assertThat(schedule.momentum(3, 0.85, 0.95)).isCloseTo(0.85, CLOSE);
    assertThat(schedule.momentum(6, 0.85, 0.95)).isCloseTo(0.95, CLOSE);
    assertThat(schedule.momentum(9, 0.85, 0.95)).isCloseTo(0.95, CLOSE);
  }

  @Test
  void oneCycleOfFewStepsStaysFinite() {
    for (int steps = 1; steps < 12; steps++) {
      for (boolean three : new boolean[] {false, true}) {
        OneCycle schedule = new OneCycle(1, steps, 0.3, 25, 1e4, false, three);
        for (int e = 0; e < steps; e++) {
          assertThat(schedule.at(e)).isBetween(0.0, 1.0 + 1e-12);
        }
      }
    }
  }

  @Test
  void warmUpReachesItsEndExactly() {
    Schedule schedule = new WarmUp(7, 0.01, new Cosine(0.3, 10, 0));
    assertThat(schedule.at(0)).isEqualTo(0.01);
    assertThat(schedule.at(7)).isEqualTo(0.3);
    assertFollows(schedule, 7, e -> 0.01 + 0.29 * e / 7);
    assertThat(schedule.at(12)).isCloseTo(0.15, CLOSE);
    assertThat(new WarmUp(0, 0, new Constant(1)).at(0)).isEqualTo(1);
  }

  @Test
  void warmUpStableDecayHasThreeParts() {
    Schedule linear = new WarmUpStableDecay(1, 4, 10, 5, 0, 0.1, WarmUpStableDecay.Shape.LINEAR);
    assertFollows(
        linear, 30, e -> e < 4 ? e / 4.0 : e <= 14 ? 1 : e >= 19 ? 0.1 : 1 - 0.9 * (e - 14) / 5);
    Schedule root = new WarmUpStableDecay(1, 0, 0, 4, 0, 0, WarmUpStableDecay.Shape.ROOT);
    assertThat(root.at(0)).isEqualTo(1);
    assertThat(root.at(1)).isEqualTo(0.5);
    Schedule cosine = new WarmUpStableDecay(1, 0, 0, 4, 0, 0, WarmUpStableDecay.Shape.COSINE);
    assertThat(cosine.at(2)).isCloseTo(0.5, CLOSE);
  }

  @Test
  void faultsNameTheScheduleTheParameterAndTheRule() {
    assertFault(() -> new Cosine(0.1, 0, 0), "schedule cosine: steps is 0; it must be at least 1");
    assertFault(() -> new Constant(-1), "schedule constant: rate is -1.0; it must be a number");
    assertFault(() -> new Constant(Double.NaN), "rate is NaN");
    assertFault(() -> new Constant(1).at(-1), "asked for step -1: steps count from 0");
    assertFault(() -> new MultiStep(1, List.of(3L, 2L), 1), "must be steps from 0 in rising order");
    assertFault(() -> new PiecewiseConstant(List.of(1.0), List.of(3L)), "1 rates and 1 boundaries");
    assertFault(() -> new OneCycle(1, 9, 0.6, 2, 2, false, true), "below 0.5 with three phases");
    assertFault(
        () -> new WarmUp(1, 0, new WarmUp(1, 0, new Constant(1))), "a warm-up before a warm-up");
    assertFault(
        () -> new ReduceOnPlateau(1, false, 1, 1, 0, false, 0, 0, 0), "factor is 1.0; it must be");
  }

  static void assertFault(Runnable action, String message) {
    assertThatThrownBy(action::run).isInstanceOf(KilnException.class).hasMessageContaining(message);
  }
}
