package dev.kiln.ops.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.ops.checkpoint.StateReader;
import dev.kiln.ops.checkpoint.StateWriter;
import dev.kiln.ops.nn.Module;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerTest {
  @TempDir Path folder;

  /** A chaotic sequence: a state that is not restored exactly shows at once. */
  private static final class Chaos implements Workload {
    private final int accumulation;
    private double x = 0.3;
    private long step;
    private int accumulated;

    Chaos(int accumulation) {
      this.accumulation = accumulation;
    }

    @Override
    public Module model() {
      throw new AssertionError("not asked for");
    }

    @Override
    public Optional<StepReport> advance() {
      x = 3.99 * x * (1 - x);
      if (++accumulated < accumulation) {
        return Optional.empty();
      }
      accumulated = 0;
      step++;
      return Optional.of(
          new StepReport(step, 0, x, 1, Double.NaN, 1, false, 1, 1, Map.of(), Map.of()));
    }

    @Override
    public Optional<Validation> validate() {
      return Optional.of(Validation.of(step, 1.0 / (1 + Math.min(step, 6)), Map.of()));
    }

    @Override
    public long step() {
      return step;
    }

    @Override
    public double epoch() {
      return 0;
    }

    @Override
    public void close() {}

    @Override
    public void save(StateWriter out) {
      out.value("x", x);
      out.value("step", step);
      out.value("accumulated", accumulated);
    }

    @Override
    public void load(StateReader in) {
      x = in.value("x", Double.class);
      step = in.value("step", Long.class);
      accumulated = in.value("accumulated", Integer.class);
    }
  }

  private static final class Losses implements Callback {
    final List<Double> losses = new ArrayList<>();

    @Override
    public void stepped(Trainer trainer, StepReport report) {
      losses.add(report.loss());
    }
  }

  @Test
  void aResumedRunGoesOnAsIfItHadNotEnded() {
    var whole = new Losses();
    new Trainer(new Chaos(3), TrainerOptions.of(20), List.of(whole)).run();

    TrainerOptions options = TrainerOptions.of(20).checkpoints(folder, 4);
    var first = new Losses();
    var stopping =
        new Callback() {
          @Override
          public void stepped(Trainer trainer, StepReport report) {
            if (report.step() == 11) {
              throw new IllegalStateException("killed");
            }
          }
        };
    var killed = new Trainer(new Chaos(3), options, List.of(first, stopping));
    assertThatThrownBy(killed::run).hasMessage("killed");

    var second = new Losses();
    var resumed = new Trainer(new Chaos(3), options, List.of(second));
    assertThat(resumed.resume(folder, reason -> {})).isEqualTo(8);
    resumed.run();
    assertThat(first.losses.subList(0, 8)).isEqualTo(whole.losses.subList(0, 8));
    assertThat(second.losses).isEqualTo(whole.losses.subList(8, 20));
  }

  @Test
  void aRunStopsWhileGradientsAreAccumulatedAndGoesOnThere() {
    var workload = new Chaos(4);
    var trainer = new Trainer(workload, TrainerOptions.of(5).checkpoints(folder, 0), List.of());
    workload.advance();
    trainer.stop("asked to");
    trainer.run();

    var whole = new Losses();
    new Trainer(new Chaos(4), TrainerOptions.of(5), List.of(whole)).run();
    var rest = new Losses();
    var resumed = new Trainer(new Chaos(4), TrainerOptions.of(5), List.of(rest));
    resumed.resume(folder, reason -> {});
    resumed.run();
    assertThat(rest.losses).isEqualTo(whole.losses);
  }

  @Test
  void earlyStoppingWaitsWithPatience() {
    var trainer =
        new Trainer(
            new Chaos(1),
            TrainerOptions.of(100).validateEvery(1),
            List.of(new EarlyStopping("loss", false, 2, 0)));
    trainer.run();
    assertThat(trainer.workload().step()).isEqualTo(9);
    assertThat(trainer.stopReason())
        .hasValue("loss has not become better than 0.142857 in 3 validations");
  }

  @Test
  void anUnknownMetricIsNamedWithThoseThatThereAre() {
    var trainer =
        new Trainer(
            new Chaos(1),
            TrainerOptions.of(1).validateEvery(1),
            List.of(new EarlyStopping("accuracy", true, 2, 0)));
    assertThatThrownBy(trainer::run)
        .hasMessage("validation: there is no 'accuracy'; there are loss, []");
  }

  @Test
  void anEmptyFolderCannotBeResumedFrom() {
    var trainer = new Trainer(new Chaos(1), TrainerOptions.of(1), List.of());
    assertThatThrownBy(() -> trainer.resume(folder, reason -> {}))
        .hasMessage("there is no checkpoint in " + folder);
  }

  @Test
  void progressSaysEachValidation() {
    var text = new StringWriter();
    var progress = new Progress("chaos", "numbers", new PrintWriter(text), false);
    new Trainer(new Chaos(1), TrainerOptions.of(4).validateEvery(2), List.of(progress)).run();
    assertThat(text.toString().lines())
        .contains(
            "chaos: step 2, validation loss 0.33333", "chaos: step 4, validation loss 0.20000");
  }

  @Test
  void aNewRunDoesNotMixWithAnOldOne() {
    TrainerOptions options = TrainerOptions.of(3).checkpoints(folder, 1);
    new Trainer(new Chaos(1), options, List.of()).run();
    var again = new Trainer(new Chaos(1), options, List.of());
    assertThatThrownBy(again::run)
        .hasMessage(
            folder + " holds checkpoints of a run already: resume it, or name another folder");
  }

  @Test
  void callbacksOfOneNameAreRefused() {
    assertThatThrownBy(
            () ->
                new Trainer(
                    new Chaos(1), TrainerOptions.of(1), List.of(new Losses(), new Losses())))
        .hasMessage("two callbacks have the name 'Losses'");
  }

  @Test
  void aSpikeIsLeftOutAndManyEndTheRun() {
    var guard = new SpikeGuard(4, 5, 2);
    for (double loss : new double[] {2, 1.9, 2.1, 2}) {
      assertThat(guard.isSpike(loss)).isFalse();
    }
    assertThat(guard.isSpike(2.3)).isFalse();
    assertThat(guard.isSpike(9)).isTrue();
    assertThat(guard.isSpike(Double.NaN)).isTrue();
    assertThat(guard.spikes()).isEqualTo(2);
    assertThatThrownBy(() -> guard.isSpike(9)).hasMessageContaining("the run has diverged");
  }
}
