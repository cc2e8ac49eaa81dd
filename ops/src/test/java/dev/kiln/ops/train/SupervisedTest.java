package dev.kiln.ops.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.ops.checkpoint.Checkpoint;
import dev.kiln.ops.data.BatchLoader;
import dev.kiln.ops.data.BatchPlan;
import dev.kiln.ops.nn.Linear;
import dev.kiln.ops.optim.MixedPrecision;
import dev.kiln.ops.optim.Optimizer;
import dev.kiln.ops.optim.Precision;
import dev.kiln.ops.optim.UpdateRule;
import dev.kiln.ops.report.RunLog;
import dev.kiln.ops.schedule.LearningRateScheduler;
import dev.kiln.ops.schedule.Schedules;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Devices;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SupervisedTest {
  @TempDir Path folder;

  /** Eight rows of three numbers and what a plane gives there. */
  private record Rows(float[] x, float[] y) {}

  private record Plane(int size) implements BatchPlan<Rows> {
    @Override
    public int batches(int epoch) {
      return 5;
    }

    @Override
    public Rows batch(int epoch, int batch) {
      var random = new SplittableRandom(epoch * 31L + batch);
      float[] x = new float[size * 3];
      float[] y = new float[size];
      for (int i = 0; i < x.length; i++) {
        x[i] = (float) random.nextGaussian();
      }
      for (int i = 0; i < size; i++) {
        y[i] = 2 * x[3 * i] - x[3 * i + 1] + 0.5f;
      }
      return new Rows(x, y);
    }

    @Override
    public String fingerprint() {
      return "plane of " + size;
    }
  }

  private record Fit(Linear model) implements Task<Rows> {
    @Override
    public Tensor loss(Rows rows) {
      Context context = model.context();
      Tensor x = context.of(rows.x, rows.y.length, 3).dropout(0.1, true);
      return model.apply(x).sub(context.of(rows.y, rows.y.length, 1)).square().mean();
    }

    @Override
    public long examples(Rows rows) {
      return rows.y.length;
    }
  }

  /** Everything that a run needs, made anew. */
  private static final class Run implements AutoCloseable {
    final Context context = new Context(Devices.cpu(), 7);
    final Linear model = new Linear(context, 3, 1);
    final Optimizer optimizer = new Optimizer(context, UpdateRule.adamW(), model.parameters());
    final Supervised<Rows> workload;
    final List<StepReport> reports = new ArrayList<>();

    Run(int size, int accumulation, Precision precision) {
      workload =
          new Supervised<>(
                  new Fit(model),
                  new BatchLoader<>(new Plane(size)),
                  optimizer,
                  new LearningRateScheduler(
                      Schedules.parse("warmup:5,cosine", 0.05, 60), LearningRateScheduler.Per.STEP),
                  SupervisedOptions.DEFAULT.withAccumulation(accumulation))
              .withPrecision(new MixedPrecision(context, precision))
              .withGuard(new SpikeGuard(10, 50, 3))
              .withValidator(
                  (step, ignored) ->
                      Validation.of(
                          step, new Fit(model).loss(new Plane(8).batch(9, 9)).item(), Map.of()));
    }

    void advance(int batches) {
      for (int i = 0; i < batches; i++) {
        workload.advance().ifPresent(reports::add);
      }
    }

    List<Double> losses() {
      return reports.stream().map(StepReport::loss).toList();
    }

    float[] weights() {
      return model.parameters().get("weight").toFloats();
    }

    @Override
    public void close() {
      workload.close();
      optimizer.close();
      model.close();
      assertThat(context.leaks()).isEmpty();
      context.close();
    }
  }

  private static double mean(List<Double> numbers) {
    return numbers.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }

  @Test
  void aPlaneIsFitted() {
    try (var run = new Run(8, 1, Precision.FP32)) {
      run.advance(60);
      // The rest is what dropout leaves.
      assertThat(mean(run.losses().subList(50, 60)))
          .isLessThan(mean(run.losses().subList(0, 10)) / 3);
      assertThat(run.workload.epoch()).isEqualTo(12);
      assertThat(run.reports.getLast().examples()).isEqualTo(8);
      assertThat(run.reports.getLast().gradientNorm()).isPositive();
    }
  }

  @Test
  void aStateSavedWhileGradientsAccumulateGoesOnBitForBit() {
    for (Precision precision : List.of(Precision.FP32, Precision.FP16)) {
      Path file = folder.resolve(precision + ".safetensors");
      try (var whole = new Run(8, 3, precision);
          var first = new Run(8, 3, precision);
          var second = new Run(8, 3, precision)) {
        whole.advance(40);
        first.advance(17);
        Checkpoint.save(file, first.workload);
        second.workload.warmUp(Duration.ofMillis(50));
        Checkpoint.load(file, second.workload);
        second.advance(23);
        first.reports.addAll(second.reports);
        assertThat(first.losses()).as("%s", precision).isEqualTo(whole.losses());
        assertThat(second.weights()).isEqualTo(whole.weights());
      }
    }
  }

  @Test
  void warmingUpChangesNothing() {
    try (var warm = new Run(8, 1, Precision.FP32);
        var cold = new Run(8, 1, Precision.FP32)) {
      assertThat(warm.workload.warmUp(Duration.ofMillis(50))).isPositive();
      warm.advance(3);
      cold.advance(3);
      assertThat(warm.losses()).isEqualTo(cold.losses());
    }
  }

  @Test
  void otherDataIsRefusedOnResumption() {
    Path file = folder.resolve("x.safetensors");
    try (var run = new Run(8, 1, Precision.FP32);
        var other = new Run(4, 1, Precision.FP32)) {
      Checkpoint.save(file, run.workload);
      assertThatThrownBy(() -> Checkpoint.load(file, other.workload))
          .hasMessage("the run was made with other data or batches: plane of 8; now plane of 4");
    }
  }

  @Test
  void aLossThatIsNotFiniteNamesTheFirstSuchTensor() {
    try (var run = new Run(8, 1, Precision.FP32)) {
      try (var ignored = run.context.noGrad()) {
        run.model.parameters().get("weight").set(new float[] {1, Float.POSITIVE_INFINITY, 1});
      }
      assertThatThrownBy(() -> run.advance(1))
          .hasMessageContaining("step 1: the loss is")
          .hasMessageContaining("the result of linear is the first")
          .hasMessageContaining("weight fp32[1, 3], not finite itself");
    }
  }

  @Test
  void aRunIsRecordedAndGoesOnInTheSameFiles() {
    var log = new RunLog("plane");
    TrainerOptions options = TrainerOptions.of(20).checkpoints(folder, 5).validateEvery(10);
    try (var run = new Run(8, 1, Precision.FP32)) {
      new Trainer(
              run.workload,
              TrainerOptions.of(12).checkpoints(folder, 5),
              List.of(new RunRecorder(folder, log, "rows")))
          .run();
    }
    try (var run = new Run(8, 1, Precision.FP32)) {
      var recorder = new RunRecorder(folder, new RunLog("plane"), "rows");
      var trainer =
          new Trainer(
              run.workload,
              options,
              List.of(
                  recorder, new BestWeights(folder.resolve("best.safetensors"), "loss", false)));
      assertThat(trainer.resume(folder, reason -> {})).isEqualTo(12);
      assertThat(trainer.run()).isPresent();
      assertThat(recorder.log().curve("loss/train").size()).isEqualTo(20);
    }
    assertThat(folder.resolve("steps.csv")).isNotEmptyFile();
    assertThat(folder.resolve("best.safetensors")).isNotEmptyFile();
    assertThat(folder.resolve("report.html")).content().contains("plane", "loss");
  }
}
