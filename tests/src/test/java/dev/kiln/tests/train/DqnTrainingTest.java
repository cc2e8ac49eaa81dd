package dev.kiln.tests.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.ops.checkpoint.Checkpoint;
import dev.kiln.ops.model.MultilayerPerceptron;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.optim.Clipping;
import dev.kiln.ops.optim.Optimizer;
import dev.kiln.ops.optim.UpdateRule;
import dev.kiln.ops.reinforce.CartPole;
import dev.kiln.ops.reinforce.DeepQLearning;
import dev.kiln.ops.reinforce.DqnOptions;
import dev.kiln.ops.schedule.LearningRateScheduler;
import dev.kiln.ops.schedule.Schedules;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.train.StepReport;
import dev.kiln.ops.train.Trainer;
import dev.kiln.ops.train.TrainerOptions;
import dev.kiln.runtime.Devices;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A network learns to balance a pole. */
class DqnTrainingTest {
  private static final int LONGEST = 100;

  @TempDir Path folder;

  /** Everything that a run needs, made anew. */
  private static final class Run implements AutoCloseable {
    final Context context;
    final Layer network;
    final Optimizer optimizer;
    final DeepQLearning workload;
    final List<StepReport> reports = new ArrayList<>();

    Run(DqnOptions options) {
      context = new Context(Devices.cpu(), options.seed());
      network = network();
      optimizer =
          new Optimizer(context, UpdateRule.adam(), network.parameters()).clip(Clipping.byNorm(10));
      workload =
          new DeepQLearning(
              new CartPole(LONGEST),
              new CartPole(LONGEST),
              network,
              network(),
              optimizer,
              new LearningRateScheduler(
                  Schedules.parse("constant", 2e-3, 1), LearningRateScheduler.Per.STEP),
              options);
    }

    private Layer network() {
      return new MultilayerPerceptron(
          context, MultilayerPerceptron.Options.of(4, List.of(32, 32), 2));
    }

    void advance(int steps) {
      for (int i = 0; i < steps; i++) {
        workload.advance().ifPresent(reports::add);
      }
    }

    List<Double> losses() {
      return reports.stream().map(StepReport::loss).toList();
    }

    float[] weights() {
      return network.parameters().values().iterator().next().toFloats();
    }

    @Override
    public void close() {
      workload.close();
      optimizer.close();
      network.close();
      assertThat(context.leaks()).isEmpty();
      context.close();
    }
  }

  /** 9 of 100 steps at first; afterwards 100 with seeds 1 to 5. */
  @Test
  @Tag("slow")
  void thePoleIsBalanced() {
    try (var run = new Run(DqnOptions.DEFAULT)) {
      double before = run.workload.validate().orElseThrow().value("return");
      var trainer = new Trainer(run.workload, TrainerOptions.of(2000), List.of());
      double after = trainer.run().orElseThrow().value("return");
      assertThat(before).isLessThan(30);
      assertThat(after).isGreaterThan(80);
    }
  }

  @Test
  void aStateSavedInAnEpisodeGoesOnBitForBit() {
    DqnOptions options = DqnOptions.DEFAULT.withLearning(8, 20, 2);
    Path file = folder.resolve("x.safetensors");
    try (var whole = new Run(options);
        var first = new Run(options);
        var second = new Run(options)) {
      whole.advance(70);
      first.advance(37);
      Checkpoint.save(file, first.workload);
      second.advance(5);
      Checkpoint.load(file, second.workload);
      second.reports.clear();
      second.advance(33);
      first.reports.addAll(second.reports);
      assertThat(first.losses()).hasSize(26).isEqualTo(whole.losses());
      assertThat(second.weights()).isEqualTo(whole.weights());
      assertThat(second.workload.epoch()).isEqualTo(whole.workload.epoch()).isGreaterThan(1);
      assertThat(second.workload.validate()).isEqualTo(whole.workload.validate());
    }
  }

  @Test
  void otherOptionsAreRefusedOnResumption() {
    Path file = folder.resolve("x.safetensors");
    try (var run = new Run(DqnOptions.DEFAULT);
        var other = new Run(DqnOptions.DEFAULT.withSeed(2))) {
      Checkpoint.save(file, run.workload);
      assertThatThrownBy(() -> Checkpoint.load(file, other.workload))
          .hasMessageContaining("the run was made with other options: DqnOptions[discount=0.99");
    }
  }
}
