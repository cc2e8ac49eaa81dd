package dev.kiln.ops.schedule;

import static dev.kiln.ops.schedule.ScheduleTest.assertFault;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SchedulesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "constant",
        "piecewise:0.1/0.01/0.001:100/200",
        "step:30",
        "multistep:30/60/90:0.5",
        "exponential:0.99",
        "natural:0.1",
        "polynomial:cycle=true:power=2",
        "inverse:0.5",
        "cosine",
        "restarts:100:2:1e-6",
        "noam:512",
        "onecycle:linear=true:threephases=true",
        "plateau:mode=max:patience=3:cooldown=2",
        "wsd:100:800:100:shape=root",
        "warmup:100,cosine",
        "warmup:steps=5:start=1e-7,plateau:absolute=true"
      })
  void textReadsBackAsAnEqualSchedule(String text) {
    Schedule schedule = Schedules.parse(text, 0.1, 1000);
    assertThat(Schedules.parse(schedule.toString())).isEqualTo(schedule);
  }

  @Test
  void valuesTakeTheParametersInOrder() {
    assertThat(Schedules.parse("cosine:500:0.01:0.2")).isEqualTo(new Cosine(0.2, 500, 0.01));
    assertThat(Schedules.parse(" Cosine : rate = 0.2 : steps = 500 "))
        .isEqualTo(new Cosine(0.2, 500, 0));
    assertThat(Schedules.parse("piecewise:0.3:", 1, 1))
        .isEqualTo(new PiecewiseConstant(List.of(0.3), List.of()));
  }

  @Test
  void runGivesRateAndStepsLessTheWarmUp() {
    assertThat(Schedules.parse("warmup:100,cosine", 0.1, 1000))
        .isEqualTo(new WarmUp(100, 0, new Cosine(0.1, 900, 0)));
    assertThat(Schedules.parse("noam:64", 0.1, 10)).isEqualTo(new Noam(1, 64, 4000));
    assertThat(Schedules.parse("onecycle:50:rate=3", 0.1, 10)).isEqualTo(new OneCycle(3, 50));
    assertThat(Schedules.parse("plateau", 0.1, 10)).isEqualTo(new ReduceOnPlateau(0.1));
  }

  @Test
  void faultsQuoteTheTextAndTellTheRule() {
    assertFault(() -> Schedules.parse("cosin"), "schedule `cosin`: no schedule is called `cosin`");
    assertFault(() -> Schedules.parse("cosin"), "there are constant, piecewise, step");
    assertFault(() -> Schedules.parse("cosine:10"), "cosine needs `rate=...`");
    assertFault(() -> Schedules.parse("cosine:rate=1"), "cosine needs `steps=...`");
    assertFault(() -> Schedules.parse("cosine:x=1"), "has no `x`; it has steps, end, rate");
    assertFault(() -> Schedules.parse("cosine:1:steps=2"), "`steps` is given twice");
    assertFault(() -> Schedules.parse("constant:1:2"), "constant has 1 parameters: rate");
    assertFault(
        () -> Schedules.parse("cosine:ten:rate=1"), "steps is `ten`, and should be a whole number");
    assertFault(() -> Schedules.parse("step:1:a:1"), "gamma is `a`, and should be a number");
    assertFault(
        () -> Schedules.parse("multistep:1,2:rate=1"), "only `warmup:STEPS,SCHEDULE` has a comma");
    assertFault(
        () -> Schedules.parse("multistep:1/b:rate=1"), "should be whole numbers with / between");
    assertFault(() -> Schedules.parse("plateau:mode=up:rate=1"), "should be one of min, max");
    assertFault(() -> Schedules.parse("warmup:10"), "a warm-up needs a schedule after it");
    assertFault(() -> Schedules.parse("warmup,constant:1", 1, 100), "warmup needs `steps=...`");
    assertFault(() -> Schedules.parse("lambda:0.95"), "a lambda is code");
    assertFault(() -> Schedules.parse("cosine:0:rate=1"), "steps is 0; it must be at least 1");
  }

  @Test
  void helpNamesEachKindWithItsParameters() {
    assertThat(Schedules.help().lines())
        .hasSize(ScheduleKind.values().length)
        .contains("cosine:steps=STEPS:end=0:rate=RATE", "warmup:steps=STEPS:start=0");
  }
}
