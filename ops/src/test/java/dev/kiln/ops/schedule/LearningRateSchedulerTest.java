package dev.kiln.ops.schedule;

import static dev.kiln.ops.schedule.ScheduleTest.assertFault;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.ops.schedule.LearningRateScheduler.Per;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class LearningRateSchedulerTest {
  private static LearningRateScheduler walk(LearningRateScheduler scheduler, int steps) {
    for (int i = 0; i < steps; i++) {
      scheduler.optimizerStepped();
      scheduler.step();
    }
    return scheduler;
  }

  private static double[] measure(LearningRateScheduler scheduler, double... metrics) {
    double[] rates = new double[metrics.length];
    for (int i = 0; i < metrics.length; i++) {
      walk(scheduler, 1);
      scheduler.measure(metrics[i]);
      rates[i] = scheduler.rate();
    }
    return rates;
  }

  private static LearningRateScheduler plateau(String text) {
    return new LearningRateScheduler(Schedules.parse(text, 1, 100), Per.EPOCH);
  }

  @Test
  void ratesFollowTheSchedule() {
    Schedule schedule = new Cosine(0.1, 10, 0);
    LearningRateScheduler scheduler = new LearningRateScheduler(schedule, Per.STEP);
    assertThat(scheduler.rate()).isEqualTo(0.1);
    assertThat(walk(scheduler, 4).rate()).isEqualTo(schedule.at(4));
    assertThat(scheduler.steps()).isEqualTo(4);
  }

  @Test
  void stepBeforeTheOptimizersStepIsReported() {
    LearningRateScheduler scheduler = plateau("constant");
    assertFault(scheduler::step, "scheduler.step() before optimizer.step() at epoch 0");
    walk(scheduler, 1);
    assertFault(scheduler::step, "scheduler.step() before optimizer.step() at epoch 1");
    assertThat(scheduler.steps()).isEqualTo(1);
  }

  @Test
  void plateauReducesAfterMoreThanPatience() {
    assertThat(measure(plateau("plateau:patience=2"), 5, 4, 4, 4, 4, 4))
        .containsExactly(1, 1, 1, 1, 0.1, 0.1);
  }

  @Test
  void plateauWantsImprovementsAboveTheThreshold() {
    assertThat(measure(plateau("plateau:patience=0:threshold=0.1:factor=0.5"), 10, 9.5, 8.9, 8.5))
        .containsExactly(1, 0.5, 0.5, 0.25);
    String absolute = "plateau:patience=0:threshold=1:absolute=true:factor=0.5";
    assertThat(measure(plateau(absolute), 10, 9.5, 8.9, 8.5)).containsExactly(1, 0.5, 0.5, 0.25);
    assertThat(measure(plateau(absolute + ":mode=max"), 1, 2.5, 3, 4.1))
        .containsExactly(1, 1, 0.5, 0.5);
    assertThat(measure(plateau("plateau:patience=0:threshold=0.5:mode=max"), 1, 1.4, 1.6))
        .containsExactly(1, 0.1, 0.1);
  }

  @Test
  void plateauCoolsDownBeforeItCountsAgain() {
    assertThat(measure(plateau("plateau:patience=0:cooldown=2:factor=0.5"), 1, 1, 1, 1, 1, 1))
        .containsExactly(1, 0.5, 0.5, 0.5, 0.25, 0.25);
  }

  @Test
  void plateauStopsAtTheLeastRateAndAtSmallReductions() {
    assertThat(measure(plateau("plateau:patience=0:factor=0.5:least=0.4"), 1, 1, 1, 1))
        .containsExactly(1, 0.5, 0.4, 0.4);
    assertThat(measure(plateau("plateau:patience=0:factor=0.5:eps=0.3"), 1, 1, 1, 1))
        .containsExactly(1, 0.5, 0.5, 0.5);
  }

  @Test
  void whatIsNoNumberIsNoImprovement() {
    assertThat(measure(plateau("plateau:patience=1"), Double.NaN, Double.NaN, 1))
        .containsExactly(1, 0.1, 0.1);
  }

  @Test
  void plateauStartsCountingAfterTheWarmUp() {
    assertThat(measure(plateau("warmup:4,plateau:patience=0"), 1, 1, 1, 1, 1))
        .containsExactly(0.25, 0.5, 0.75, 1, 0.1);
  }

  @Test
  void resumesInTheMiddleOfAPlateau() throws Exception {
    String text = "plateau:patience=2:cooldown=1";
    LearningRateScheduler whole = plateau(text);
    LearningRateScheduler first = plateau(text);
    double[] values = {3, 3, 3, 3, 3, 3, 3, 3, 3};
    double[] expected = measure(whole, values);
    measure(first, 3, 3, 3, 3);

    ObjectMapper json = new ObjectMapper();
    ScheduleState state =
        json.readValue(json.writeValueAsString(first.state()), ScheduleState.class);
    LearningRateScheduler second = plateau(text);
    assertThat(second.restore(state)).isFalse();
    assertThat(measure(second, 3, 3, 3, 3, 3)).containsExactly(Arrays.copyOfRange(expected, 4, 9));
  }

  @Test
  void stateOfNothingMeasuredSurvivesJson() throws Exception {
    ObjectMapper json = new ObjectMapper();
    for (String text : new String[] {"plateau", "plateau:mode=max", "cosine"}) {
      ScheduleState state = plateau(text).state();
      assertThat(json.readValue(json.writeValueAsString(state), ScheduleState.class))
          .isEqualTo(state);
    }
  }

  @Test
  void anotherScheduleGoesOnAtTheSameStep() {
    LearningRateScheduler old = walk(plateau("plateau"), 30);
    old.measure(1);
    LearningRateScheduler cosine = plateau("cosine");
    assertThat(cosine.restore(old.state())).isTrue();
    assertThat(cosine.rate()).isEqualTo(new Cosine(1, 100, 0).at(30));
    LearningRateScheduler other = plateau("plateau:patience=3:rate=0.5");
    assertThat(other.restore(cosine.state())).isTrue();
    assertThat(other.rate()).isEqualTo(0.5);
  }
}
