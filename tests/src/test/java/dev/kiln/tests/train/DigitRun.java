package dev.kiln.tests.train;

import dev.kiln.ops.data.LabeledImages;
import dev.kiln.ops.data.Mnist;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.train.Callback;
import dev.kiln.ops.train.StepReport;
import dev.kiln.ops.train.Trainer;
import dev.kiln.ops.train.TrainerOptions;
import dev.kiln.ops.train.Validation;
import dev.kiln.ops.train.recipe.DigitRecipe;
import dev.kiln.ops.train.recipe.RunSettings;
import dev.kiln.ops.train.recipe.TrainingRun;
import dev.kiln.runtime.Device;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a run on digits gave.
 *
 * @param losses of each step
 * @param validation at the end
 */
record DigitRun(List<Double> losses, Validation validation) {
  static DigitRun of(
      Device device, Mnist digits, DigitRecipe.Options options, RunSettings settings) {
    var losses = new ArrayList<Double>();
    var listener =
        new Callback() {
          @Override
          public void stepped(Trainer trainer, StepReport report) {
            losses.add(report.loss());
          }
        };
    try (var context = new Context(device, options.seed());
        var run = new TrainingRun<>(new DigitRecipe(context, digits, options), settings)) {
      var trainer =
          new Trainer(run.workload(), TrainerOptions.of(settings.steps()), List.of(listener));
      return new DigitRun(losses, trainer.run().orElseThrow());
    }
  }

  /** A part of the real digits. */
  static Mnist digits(int training, int test) {
    Mnist all = Mnist.bundled();
    return new Mnist(first(all.training(), training), first(all.test(), test));
  }

  private static LabeledImages first(LabeledImages images, int count) {
    return new LabeledImages(
        images.height(),
        images.width(),
        images.classes(),
        Arrays.copyOf(images.pixels(), count * images.imageSize()),
        Arrays.copyOf(images.labels(), count));
  }
}
