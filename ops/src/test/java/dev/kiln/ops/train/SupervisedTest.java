package dev.kiln.ops.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.kiln.ops.checkpoint.Checkpoint;
import dev.kiln.ops.checkpoint.SafetensorsFile;
import dev.kiln.ops.data.BatchPlan;
import dev.kiln.ops.optim.Precision;
import dev.kiln.ops.optim.WeightAverage;
import dev.kiln.ops.report.RunLog;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Tensor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SupervisedTest {
  @TempDir Path folder;

  private static double mean(List<Double> numbers) {
    return numbers.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }

  @Test
  void aPlaneIsFitted() {
    try (var run = new PlaneRun(8, 1, Precision.FP32)) {
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
      try (var whole = new PlaneRun(8, 3, precision);
          var first = new PlaneRun(8, 3, precision);
          var second = new PlaneRun(8, 3, precision)) {
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
    try (var warm = new PlaneRun(8, 1, Precision.FP32);
        var cold = new PlaneRun(8, 1, Precision.FP32)) {
      assertThat(warm.workload.warmUp(Duration.ofMillis(50))).isPositive();
      warm.advance(3);
      cold.advance(3);
      assertThat(warm.losses()).isEqualTo(cold.losses());
    }
  }

  @Test
  void otherDataIsRefusedOnResumption() {
    Path file = folder.resolve("x.safetensors");
    try (var run = new PlaneRun(8, 1, Precision.FP32);
        var other = new PlaneRun(4, 1, Precision.FP32)) {
      Checkpoint.save(file, run.workload);
      assertThatThrownBy(() -> Checkpoint.load(file, other.workload))
          .hasMessage("the run was made with other data or batches: plane of 8; now plane of 4");
    }
  }

  @Test
  void aLossThatIsNotFiniteNamesTheFirstSuchTensor() {
    try (var run = new PlaneRun(8, 1, Precision.FP32)) {
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
    try (var run = new PlaneRun(8, 1, Precision.FP32)) {
      new Trainer(
              run.workload,
              TrainerOptions.of(12).checkpoints(folder, 5),
              List.of(new RunRecorder(folder, log, "rows")))
          .run();
    }
    try (var run = new PlaneRun(8, 1, Precision.FP32)) {
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

  @Test
  void anotherScheduleGoesOnAtTheSameStep() {
    Path file = folder.resolve("x.safetensors");
    try (var run = new PlaneRun(8, 1, Precision.FP32);
        var other =
            new PlaneRun(new PlaneRun.Plane(8, 0), 1, Precision.FP32, "exponential:gamma=0.5")) {
      run.advance(3);
      Checkpoint.save(file, run.workload);
      Checkpoint.load(file, other.workload);
      other.advance(1);
      assertThat(other.reports.getFirst().step()).isEqualTo(4);
      assertThat(other.reports.getFirst().learningRate()).isEqualTo(0.05 * 0.125);
    }
  }

  @Test
  void aBatchThatIsFarOffIsLeftOut() {
    BatchPlan<PlaneRun.Rows> plane = new PlaneRun.Plane(8, 0);
    // All values of one batch are shifted far away.
    BatchPlan<PlaneRun.Rows> spiked =
        new BatchPlan<>() {
          @Override
          public int batches(int epoch) {
            return 5;
          }

          @Override
          public PlaneRun.Rows batch(int epoch, int batch) {
            boolean isSpike = epoch == 4 && batch == 2;
            return new PlaneRun.Plane(8, isSpike ? 1e4f : 0).batch(epoch, batch);
          }

          @Override
          public String fingerprint() {
            return plane.fingerprint();
          }
        };
    try (var run = new PlaneRun(spiked, 1, Precision.FP32, "constant")) {
      run.advance(30);
      assertThat(run.workload.spikes()).isEqualTo(1);
      assertThat(run.workload.step()).isEqualTo(29);
      assertThat(run.losses()).allMatch(loss -> loss < 100);
    }
  }

  @Test
  void anAverageOfWeightsIsValidatedAndRestored() {
    Path file = folder.resolve("x.safetensors");
    double decay = 0.75;
    try (var run = new PlaneRun(8, 1, Precision.FP32);
        var again = new PlaneRun(8, 1, Precision.FP32)) {
      for (PlaneRun each : List.of(run, again)) {
        each.workload.withAverage(new WeightAverage(each.context, each.optimizer, decay, false));
      }
      double expected = run.weights()[0];
      for (int i = 0; i < 6; i++) {
        run.advance(1);
        expected = decay * expected + (1 - decay) * run.weights()[0];
      }
      float[] trained = run.weights();
      try (Mode evaluated = run.workload.evaluated()) {
        assertThat(run.weights()[0]).isCloseTo((float) expected, offset(1e-6f));
      }
      assertThat(run.weights()).isEqualTo(trained);
      Checkpoint.save(file, run.workload);
      Checkpoint.load(file, again.workload);
      run.advance(3);
      again.advance(3);
      try (Mode one = run.workload.evaluated();
          Mode two = again.workload.evaluated()) {
        assertThat(again.weights()).isEqualTo(run.weights());
      }
    }
  }

  @Test
  void aCurriculumOfTwoStagesGoesOnInTheRightOne() {
    Path file = folder.resolve("x.safetensors");
    try (var whole = curriculum();
        var first = curriculum();
        var second = curriculum()) {
      whole.advance(20);
      assertThat(whole.reports.stream().map(StepReport::examples))
          .startsWith(4L, 4L, 4L, 4L, 4L)
          .endsWith(16L, 16L, 16L, 16L, 16L)
          .filteredOn(rows -> rows == 4L)
          .hasSize(10);
      first.advance(13);
      Checkpoint.save(file, first.workload);
      Checkpoint.load(file, second.workload);
      second.advance(7);
      assertThat(second.losses()).isEqualTo(whole.losses().subList(13, 20));
    }
  }

  private static PlaneRun curriculum() {
    return new PlaneRun(
        new Curriculum<>(
            List.of(
                new Curriculum.Stage<>("few", new PlaneRun.Plane(4, 0), 2),
                new Curriculum.Stage<>("many", new PlaneRun.Plane(16, 0), 1))),
        1,
        Precision.FP32,
        "constant");
  }

  @Test
  void anInfiniteGradientIsSurvived() throws Exception {
    try (var run = new PlaneRun(8, 1, Precision.FP16)) {
      // The first scales are too large.
      run.advance(8);
      assertThat(run.reports.getLast().isSkipped()).isFalse();
      double scale = run.reports.getLast().lossScale();
      float[] before = run.weights();
      Tensor weight = run.model.parameters().get("weight");
      try (AutoCloseable hook =
          weight.onGradient(
              g -> run.context.full(g.dtype(), Double.POSITIVE_INFINITY, g.shape()))) {
        run.advance(1);
      }
      assertThat(run.reports.getLast().isSkipped()).isTrue();
      assertThat(run.weights()).isEqualTo(before);
      run.advance(1);
      assertThat(run.reports.getLast().isSkipped()).isFalse();
      assertThat(run.reports.getLast().lossScale()).isEqualTo(scale / 2);
      assertThat(run.weights()).isNotEqualTo(before);
    }
  }

  @Test
  void theBestWeightsAreKept() {
    Path file = folder.resolve("best.safetensors");
    try (var run = new PlaneRun(8, 1, Precision.FP32)) {
      var best = new BestWeights(file, "loss", false);
      var seen = new ArrayList<Double>();
      var listener =
          new Callback() {
            @Override
            public void validated(Trainer trainer, Validation validation) {
              seen.add(validation.loss());
            }
          };
      new Trainer(run.workload, TrainerOptions.of(20).validateEvery(3), List.of(best, listener))
          .run();
      assertThat(best.best()).isEqualTo(seen.stream().min(Double::compare).orElseThrow());
      try (var weights = SafetensorsFile.open(file)) {
        assertThat(weights.metadata()).containsEntry("loss", Double.toString(best.best()));
      }
    }
  }
}
