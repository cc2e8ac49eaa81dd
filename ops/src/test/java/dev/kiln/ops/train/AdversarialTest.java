package dev.kiln.ops.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.optimizer.Adam;
import dev.kiln.ops.checkpoint.Checkpoint;
import dev.kiln.ops.data.Batch;
import dev.kiln.ops.data.BatchLoader;
import dev.kiln.ops.data.Dataset;
import dev.kiln.ops.data.ExamplePlan;
import dev.kiln.ops.data.Sample;
import dev.kiln.ops.data.Target;
import dev.kiln.ops.model.AdversarialNetworks;
import dev.kiln.ops.model.MultilayerPerceptron;
import dev.kiln.ops.optim.Optimizer;
import dev.kiln.ops.optim.UpdateRule;
import dev.kiln.ops.report.RunLog;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Perceptrons learn to make pictures of four pixels like random ones around a mean. */
class AdversarialTest {
  /** A learning rate. */
  private static final double GENERATOR = 2e-3;

  private static final float[] MEAN = {0.5f, -0.5f, 0.25f, 0};

  private static final Adam.Options CALM = new Adam.Options(0.5, 0.9, 1e-8, 0, false, false);

  private static Dataset<Sample> pictures(long seed) {
    var random = new SplittableRandom(seed);
    var samples = new ArrayList<Sample>();
    for (int i = 0; i < 256; i++) {
      float[] values = new float[MEAN.length];
      for (int j = 0; j < values.length; j++) {
        values[j] = MEAN[j] + 0.3f * (float) random.nextGaussian();
      }
      samples.add(new Sample(values, new int[] {1, 2, 2}, new Target.OfClass(0, 1)));
    }
    return Dataset.of(samples);
  }

  private static final class Play implements AutoCloseable, Callback {
    final Context context;
    final AdversarialNetworks networks;
    final Optimizer generator;
    final Optimizer critic;
    final Adversarial workload;
    final List<StepReport> reports = new ArrayList<>();

    Play(AdversarialOptions options) {
      this(options, 1);
    }

    Play(AdversarialOptions options, long dataSeed) {
      context = new Context(Devices.cpu(), 3);
      networks =
          new AdversarialNetworks(
              new MultilayerPerceptron(
                  context, MultilayerPerceptron.Options.of(2, List.of(8), MEAN.length)),
              new MultilayerPerceptron(
                  context, MultilayerPerceptron.Options.of(MEAN.length, List.of(16), 1)),
              2);
      generator = new Optimizer(context, UpdateRule.adam(CALM), networks.generator().parameters());
      critic = new Optimizer(context, UpdateRule.adam(CALM), networks.critic().parameters());
      var batches =
          new BatchLoader<Batch>(ExamplePlan.of(pictures(dataSeed), 16).shuffled(1).dropLast());
      workload = new Adversarial(networks, batches, generator, critic, options);
    }

    Play run(long steps) {
      new Trainer(workload, TrainerOptions.of(steps), List.of(this)).run();
      return this;
    }

    @Override
    public void stepped(Trainer trainer, StepReport report) {
      reports.add(report);
    }

    /** The mean of each pixel of samples. */
    double[] means() {
      var random = new SplittableRandom(5);
      float[] numbers = new float[400];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = (float) random.nextGaussian();
      }
      float[] values = networks.generate(numbers);
      double[] means = new double[MEAN.length];
      for (int i = 0; i < values.length; i++) {
        means[i % MEAN.length] += values[i] * MEAN.length / (double) values.length;
      }
      return means;
    }

    @Override
    public void close() {
      workload.close();
      generator.close();
      critic.close();
      networks.close();
      context.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void samplesComeNearTheData(AdversarialObjective objective) {
    boolean isWasserstein = objective == AdversarialObjective.WASSERSTEIN;
    var options =
        new AdversarialOptions(objective, 3, isWasserstein ? 0.1 : 0, GENERATOR, 2 * GENERATOR);
    try (var play = new Play(options)) {
      double before = distance(play.means());
      play.run(150);
      // 0.99 before, 0.10 to 0.23 after.
      assertThat(distance(play.means())).isLessThan(before / 2);
      assertThat(play.reports).hasSize(150);
    }
  }

  private static double distance(double[] means) {
    double sum = 0;
    for (int i = 0; i < means.length; i++) {
      sum += Math.abs(means[i] - MEAN[i]);
    }
    return sum;
  }

  @Test
  void reportsHaveBothLossesAndWhatTheCriticSays() {
    try (var play = new Play(AdversarialOptions.wasserstein(1e-3).withCriticSteps(2))) {
      play.run(3);
      StepReport last = play.reports.getLast();
      assertThat(last.others())
          .containsOnlyKeys(Adversarial.CRITIC_LOSS, Adversarial.REAL, Adversarial.FAKE);
      assertThat(last.others().get(Adversarial.CRITIC_LOSS))
          .isCloseTo(
              last.others().get(Adversarial.FAKE) - last.others().get(Adversarial.REAL),
              within(1e-6));
      assertThat(last.examples()).isEqualTo(2 * 16);
      assertThat(last.gradientNorm()).isPositive();
      assertThat(play.workload.epoch()).isEqualTo(6.0 / 16);
    }
  }

  @Test
  void weightsOfTheCriticStayInTheirBounds() {
    try (var play = new Play(AdversarialOptions.wasserstein(1e-2).withClip(0.02))) {
      play.run(2);
      assertThat(play.networks.critic().parameters().values())
          .allSatisfy(weight -> assertThat(weight.normMax().item()).isLessThanOrEqualTo(0.02f));
      assertThat(play.networks.generator().parameters().values())
          .anySatisfy(weight -> assertThat(weight.normMax().item()).isGreaterThan(0.02));
    }
  }

  @Test
  void theGeneratorsStepLeavesTheCriticAlone() {
    try (var play = new Play(AdversarialOptions.gan(1e-2))) {
      Tensor frozen = play.networks.critic().parameters().get("layers.1.bias");
      frozen.requireGrad(false);
      play.run(2);
      assertThat(play.networks.critic().parameters().values())
          .noneMatch(Tensor::hasGrad)
          .allSatisfy(weight -> assertThat(weight.requiresGrad()).isEqualTo(weight != frozen));
    }
  }

  @Test
  void aResumedRunGoesOnToTheSameLossesAndWeights(@TempDir Path folder) {
    Path file = folder.resolve("between.safetensors");
    AdversarialOptions options = AdversarialOptions.wasserstein(1e-2).withCriticSteps(3);
    try (var whole = new Play(options);
        var resumed = new Play(options)) {
      whole.run(2);
      // In the midst of the critic's steps.
      assertThat(whole.workload.advance()).isEmpty();
      Checkpoint.save(file, whole.workload);
      resumed.context.randn(DType.FP32, 5).close();
      resumed.run(1);
      resumed.reports.clear();
      Checkpoint.load(file, resumed.workload);
      whole.run(6);
      resumed.run(6);
      assertThat(losses(resumed)).isEqualTo(losses(whole).subList(2, 6));
      Map<String, Tensor> weights = whole.networks.state();
      resumed
          .networks
          .state()
          .forEach((name, w) -> assertThat(w.toFloats()).isEqualTo(weights.get(name).toFloats()));
    }
  }

  private static List<Map<String, Double>> losses(Play play) {
    return play.reports.stream().map(StepReport::others).toList();
  }

  @Test
  void stateOfOtherDataIsRefused(@TempDir Path folder) {
    Path file = folder.resolve("state.safetensors");
    try (var one = new Play(AdversarialOptions.gan(1e-2));
        var other = new Play(AdversarialOptions.gan(1e-2), 2)) {
      Checkpoint.save(file, one.workload);
      assertThatThrownBy(() -> Checkpoint.load(file, other.workload))
          .isInstanceOf(KilnException.class)
          .hasMessageContaining("the run was made with other data or batches");
    }
  }

  @Test
  void samplesAreShownInTheReport(@TempDir Path folder) throws Exception {
    try (var play = new Play(AdversarialOptions.gan(1e-2))) {
      var recorder = new RunRecorder(folder, new RunLog("a game"), "pictures");
      long drawn = play.context.random().offset();
      var grids = new SampleGrids(recorder, play.networks, 2, 3);
      grids.grid();
      assertThat(play.context.random().offset()).isEqualTo(drawn);
      new Trainer(play.workload, TrainerOptions.of(4), List.of(recorder, grids)).run();
      assertThat(recorder.log().grids())
          .extracting(RunLog.PictureGrid::step)
          .containsExactly(2L, 4L);
      // Three pictures of two pixels, and two lines between them.
      assertThat(recorder.log().grids().getFirst().picture().width()).isEqualTo(8);
      assertThat(Files.readString(folder.resolve("run.json"))).contains(Adversarial.CRITIC_LOSS);
    }
  }

  @Test
  void argumentsThatMakeNoSenseAreRefused() {
    assertThatThrownBy(() -> AdversarialOptions.gan(1).withCriticSteps(0))
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("at least one step, not 0");
    assertThatThrownBy(() -> AdversarialOptions.gan(1).withClip(-1))
        .hasMessageContaining("not negative, but -1.0");
    try (var play = new Play(AdversarialOptions.gan(1))) {
      assertThatThrownBy(() -> play.networks.generate(new float[3]))
          .hasMessage("generate: needs N x 2 numbers, but has 3");
      assertThatThrownBy(() -> new SampleGrids(null, play.networks, 0, 1))
          .hasMessageContaining("every 1 or more steps, not 0");
    }
  }
}
