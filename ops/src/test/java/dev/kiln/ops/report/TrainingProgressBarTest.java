package dev.kiln.ops.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class TrainingProgressBarTest {
  private final StringWriter text = new StringWriter();
  private long nanos = 1L << 40;

  private TrainingProgressBar bar(boolean terminal) {
    return TrainingProgressBar.of(new PrintWriter(text), terminal, "images", () -> nanos);
  }

  private static void step(TrainingProgressBar bar, long done) {
    bar.step(done, 1.0 / done, 64);
  }

  @Test
  void linesComeNowAndThenWithPaceAndTimeLeft() {
    TrainingProgressBar lines = bar(false);
    lines.start("mnist", 1000, 0);
    for (int i = 1; i <= 100; i++) {
      nanos += 100_000_000;
      step(lines, i);
    }
    assertThat(text.toString().lines())
        .containsExactly(
            "mnist: step 50 of 1000, loss 0.02, 640 images/s, 1 min 35 s left",
            "mnist: step 100 of 1000, loss 0.01, 640 images/s, 1 min 30 s left");
  }

  @Test
  void resumedRunCountsOnlyItsOwnSteps() {
    TrainingProgressBar lines = bar(false);
    lines.start("gpt", 1000, 900);
    nanos += 6_000_000_000L;
    step(lines, 906);
    assertThat(text.toString()).contains("step 906 of 1000").contains("1 min 34 s left");
  }

  @Test
  void slowBeginningIsForgotten() {
    TrainingProgressBar lines = bar(false);
    lines.start("gpt", 10_000, 0);
    nanos += 60_000_000_000L;
    step(lines, 1);
    for (int i = 2; i <= 400; i++) {
      nanos += 100_000_000;
      step(lines, i);
    }
    assertThat(text.toString().lines().reduce((_, b) -> b).orElseThrow()).contains("640 images/s");
  }

  @Test
  void saysLinesAtOnceAndCloses() {
    TrainingProgressBar lines = bar(false);
    lines.say("checkpoint");
    lines.step(1, Double.NaN, 0);
    lines.close();
    lines.close();
    assertThat(text.toString().lines()).contains("checkpoint");
  }

  @Test
  void barClearsItsLineBeforeItSays() {
    TrainingProgressBar bar = bar(true);
    step(bar, 1);
    bar.say("epoch 1");
    bar.close();
    assertThat(text.toString()).isEqualTo("\r\u001b[Kepoch 1" + System.lineSeparator());
  }
}
