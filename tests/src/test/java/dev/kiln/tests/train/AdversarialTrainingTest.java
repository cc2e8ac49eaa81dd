package dev.kiln.tests.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.optimizer.Adam;
import dev.kiln.kernels.pooling.UpsamplingMode;
import dev.kiln.ops.data.Batch;
import dev.kiln.ops.data.BatchLoader;
import dev.kiln.ops.data.Dataset;
import dev.kiln.ops.data.Sample;
import dev.kiln.ops.function.AdversarialLosses;
import dev.kiln.ops.function.Pooling;
import dev.kiln.ops.model.AdversarialNetworks;
import dev.kiln.ops.model.DigitCritic;
import dev.kiln.ops.model.DigitGenerator;
import dev.kiln.ops.nn.WeightForm;
import dev.kiln.ops.optim.Optimizer;
import dev.kiln.ops.optim.UpdateRule;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.ops.train.Adversarial;
import dev.kiln.ops.train.AdversarialOptions;
import dev.kiln.ops.train.Callback;
import dev.kiln.ops.train.StepReport;
import dev.kiln.ops.train.Trainer;
import dev.kiln.ops.train.TrainerOptions;
import dev.kiln.runtime.Devices;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Generators learn to draw digits of 14 x 14 pixels. */
class AdversarialTrainingTest {
  private static final long SEED = Long.getLong("seed", 1);
  private static final int LATENT = 16;
  private static final int CHANNELS = 24;
  private static final int BATCH = 32;
  private static final int SAMPLES = 100;

  /** A training, its networks and optimizers, and what was reported. */
  private static final class Play implements AutoCloseable, Callback {
    final Context context = new Context(Devices.cpu(), SEED);
    final AdversarialNetworks networks;
    final Optimizer generator;
    final Optimizer critic;
    final Adversarial workload;
    final List<StepReport> reports = new ArrayList<>();

    Play(Digits digits, AdversarialOptions options, UpdateRule rule, WeightForm form) {
      networks =
          new AdversarialNetworks(
              new DigitGenerator(context, DigitGenerator.Options.of(LATENT, CHANNELS, 1)),
              new DigitCritic(context, DigitCritic.Options.of(CHANNELS, 1).withForm(form)),
              LATENT);
      generator = new Optimizer(context, rule, networks.generator().parameters());
      critic = new Optimizer(context, rule, networks.critic().parameters());
      var batches = new BatchLoader<Batch>(digits.batches(BATCH, SEED));
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

    /** The mean of a curve over some steps. */
    double mean(String curve, int from, int to) {
      return reports.subList(from, to).stream()
          .mapToDouble(report -> report.others().get(curve))
          .average()
          .orElseThrow();
    }

    float[] samples(int count) {
      var random = new Random(1);
      float[] numbers = new float[count * LATENT];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = (float) random.nextGaussian();
      }
      return networks.generate(numbers);
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

  private static UpdateRule adam() {
    return UpdateRule.adam(new Adam.Options(0.5, 0.999, 1e-8, 0, false, false));
  }

  private static Digits digits(int count) {
    return Digits.of(count, 200).halved().signed();
  }

  /** The mean square distance of a picture to the nearest of others, and the class of that one. */
  private record Nearest(double distance, int label) {
    static Nearest of(float[] picture, Dataset<Sample> others) {
      double least = Double.MAX_VALUE;
      int label = -1;
      for (int i = 0; i < others.size(); i++) {
        Sample other = others.get(i);
        double sum = 0;
        for (int j = 0; j < picture.length; j++) {
          double difference = picture[j] - other.values()[j];
          sum += difference * difference;
        }
        if (sum < least) {
          least = sum;
          label = Digits.label(other);
        }
      }
      return new Nearest(least / picture.length, label);
    }
  }

  /**
   * How samples compare with real digits.
   *
   * @param distance of samples to their nearest digits, over that of digits not seen
   * @param classes that the nearest digits of at least two of a hundred samples have
   */
  private record Likeness(double distance, long classes) {
    static Likeness of(Play play, Digits digits) {
      Dataset<Sample> known =
          Dataset.of(IntStream.range(0, 1000).mapToObj(digits.training()::get).toList());
      int size = known.get(0).values().length;
      float[] samples = play.samples(SAMPLES);
      int[] counts = new int[10];
      double made = 0;
      double real = 0;
      for (int i = 0; i < SAMPLES; i++) {
        Nearest nearest = Nearest.of(Arrays.copyOfRange(samples, i * size, (i + 1) * size), known);
        made += nearest.distance;
        counts[nearest.label]++;
        real += Nearest.of(digits.test().get(i).values(), known).distance;
      }
      return new Likeness(made / real, Arrays.stream(counts).filter(n -> n >= 2).count());
    }
  }

  @Test
  @Tag("slow") // compiles every kernel of convolutions, and trains for a minute
  void aGanDrawsDigits() {
    Digits digits = digits(4000);
    try (var play = new Play(digits, AdversarialOptions.gan(1e-3), adam(), WeightForm.PLAIN)) {
      double before = Likeness.of(play, digits).distance;
      play.run(800);
      Likeness after = Likeness.of(play, digits);
      // Seed 1 gave 8.68 before and 1.99 after, and all ten classes.
      assertThat(after.distance).as("before %s", before).isLessThan(before / 3);
      assertThat(after.classes).isGreaterThanOrEqualTo(7);
      // Seed 1 gave 1.406; log 4 = 1.386 is the discriminator's best against a perfect generator.
      assertThat(play.mean(Adversarial.CRITIC_LOSS, 700, 800)).isBetween(1.1, 1.6);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"PLAIN", "SPECTRAL_NORM"})
  @Tag("slow") // likewise
  void aWassersteinCriticTeachesToDrawDigits(WeightForm form) {
    Digits digits = digits(4000);
    AdversarialOptions options =
        AdversarialOptions.wasserstein(1e-3)
            .withCriticSteps(3)
            .withClip(form == WeightForm.PLAIN ? 0.03 : 0);
    try (var play = new Play(digits, options, UpdateRule.rmsProp(), form)) {
      double before = Likeness.of(play, digits).distance;
      play.run(400);
      Likeness after = Likeness.of(play, digits);
      // Seed 1 gave, clipped, 8.68 before and 1.76 after; with spectral norm 1.71; all ten classes.
      assertThat(after.distance).as("before %s", before).isLessThan(before / 3);
      assertThat(after.classes).isGreaterThanOrEqualTo(7);
      // The estimates of the distance: 0.0813 and 0.0079, with spectral norm 1.83 and 0.091.
      double first = -play.mean(Adversarial.CRITIC_LOSS, 0, 50);
      assertThat(-play.mean(Adversarial.CRITIC_LOSS, 350, 400)).isBetween(0.0, first / 2);
    }
  }

  @Test
  @Tag("slow") // compiles every kernel of convolutions
  void networksThatGrowFirstDoWhatTheyDidAndThenLearnWithAllTheirLayers() {
    try (var context = new Context(Devices.cpu(), SEED)) {
      var small = new DigitGenerator(context, DigitGenerator.Options.growing(LATENT, CHANNELS, 0));
      var judge = new DigitCritic(context, DigitCritic.Options.growing(CHANNELS, 0));
      Tensor numbers = context.randn(DType.FP32, 8, LATENT);
      float[] pictures = small.apply(numbers).toFloats();
      Tensor enlarged = enlarged(small.apply(numbers));
      float[] judgements = judge.apply(small.apply(numbers)).toFloats();

      DigitGenerator generator = small.grow();
      DigitCritic critic = judge.grow();
      assertThat(generator.apply(numbers).toFloats()).isEqualTo(enlarged.toFloats());
      // The mean of four equal numbers is the number.
      assertThat(critic.apply(enlarged).toFloats()).isEqualTo(judgements);
      assertThat(pictures).hasSize(8 * 49);

      generator.fade(0.5);
      critic.fade(0.5);
      try (Scope _ = context.scope()) {
        AdversarialLosses.generator(critic.apply(generator.apply(numbers))).backward();
        assertThat(generator.parameters()).allSatisfy(AdversarialTrainingTest::requireGradient);
        assertThat(critic.parameters()).allSatisfy(AdversarialTrainingTest::requireGradient);
      }
      generator.close();
      critic.close();
    }
  }

  private static Tensor enlarged(Tensor images) {
    return Pooling.upsample(images, UpsamplingMode.NEAREST, 2 * images.dim(2), 2 * images.dim(3));
  }

  private static void requireGradient(String name, Tensor parameter) {
    assertThat(parameter.hasGrad()).as(name).isTrue();
    assertThat(parameter.grad().normMax().item()).as(name).isFinite();
  }
}
