package dev.kiln.tests.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import dev.kiln.ops.optim.Clipping;
import dev.kiln.ops.optim.Precision;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.ops.train.Callback;
import dev.kiln.ops.train.StepReport;
import dev.kiln.ops.train.Trainer;
import dev.kiln.ops.train.TrainerOptions;
import dev.kiln.ops.train.recipe.DigitModel;
import dev.kiln.ops.train.recipe.DigitRecipe;
import dev.kiln.ops.train.recipe.GptRecipe;
import dev.kiln.ops.train.recipe.OptimizerKind;
import dev.kiln.ops.train.recipe.Recipe;
import dev.kiln.ops.train.recipe.RunSettings;
import dev.kiln.ops.train.recipe.TextCorpus;
import dev.kiln.ops.train.recipe.TrainingRun;
import dev.kiln.runtime.Devices;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Training in 16 bits reaches the loss of fp32, with an overflow on the way. */
@Tag("slow")
class PrecisionTrainingTest {
  private static final int OVERFLOW_AT = 40;

  /**
   * Steps after which the loss on text hardly falls any more: while it falls fast, the one step
   * that an overflow costs shows in it.
   */
  private static final int SETTLED = 600;

  @Test
  void digitsReachTheSameLossIn16Bits() {
    var digits = DigitRun.digits(3200, 1500);
    compare(
        context ->
            new DigitRecipe(
                context,
                digits,
                DigitRecipe.Options.of(DigitModel.MLP).withHidden(128).withBatch(64)),
        RunSettings.of(250, 2e-3));
  }

  @Test
  void textReachesTheSameLossIn16Bits() {
    String text = text();
    var corpus = TextCorpus.of("words", text, TextCorpus.characters(text), 0.1);
    compare(
        context ->
            new GptRecipe(
                context, corpus, GptRecipe.Options.DEFAULT.withSizes(2, 2, 64, 64).withBatch(8)),
        RunSettings.of(SETTLED, 2e-3)
            .withSchedule("warmup:20,cosine")
            .withOptimizer(OptimizerKind.ADAMW, 0.1, 0.95)
            .withClipping(Clipping.byNorm(1)));
  }

  /** Words in an order that has rules, and chance. */
  private static String text() {
    String[] subjects = {"the cat", "a dog", "my friend", "an old man"};
    String[] verbs = {"sees", "likes", "follows", "finds"};
    String[] objects = {"the house", "a tree", "the river", "some bread"};
    var random = new Random(5);
    var text = new StringBuilder();
    for (int i = 0; i < 3000; i++) {
      text.append(subjects[random.nextInt(4)]).append(' ');
      text.append(verbs[random.nextInt(4)]).append(' ');
      text.append(objects[random.nextInt(4)]).append(".\n");
    }
    return text.toString();
  }

  private static void compare(Function<Context, Recipe<?>> recipe, RunSettings settings) {
    double expected = loss(recipe, settings);
    for (Precision precision : List.of(Precision.BF16, Precision.FP16)) {
      assertThat(loss(recipe, settings.withPrecision(precision)))
          .as("%s", precision)
          .isCloseTo(expected, withPercentage(1));
    }
  }

  private static double loss(Function<Context, Recipe<?>> recipe, RunSettings settings) {
    try (var context = new Context(Devices.cpu(), 1);
        var run = new TrainingRun<>(recipe.apply(context), settings)) {
      var skipped = new AtomicLong();
      Tensor weight = run.optimizer().parameters().values().iterator().next();
      boolean isScaled = settings.precision().isScaled();
      weight.onGradient(
          gradient ->
              isScaled && run.workload().step() == OVERFLOW_AT
                  ? context.full(gradient.dtype(), Double.POSITIVE_INFINITY, gradient.shape())
                  : null);
      var listener =
          new Callback() {
            @Override
            public void stepped(Trainer trainer, StepReport report) {
              skipped.addAndGet(report.isSkipped() ? 1 : 0);
            }
          };
      var trainer =
          new Trainer(run.workload(), TrainerOptions.of(settings.steps()), List.of(listener));
      double loss = trainer.run().orElseThrow().loss();
      assertThat(skipped.get() > 0).as("overflowed").isEqualTo(isScaled);
      return loss;
    }
  }
}
