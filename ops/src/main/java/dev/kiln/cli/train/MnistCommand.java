package dev.kiln.cli.train;

import dev.kiln.ops.data.Batch;
import dev.kiln.ops.data.Distortion;
import dev.kiln.ops.data.Mnist;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.train.Validation;
import dev.kiln.ops.train.recipe.DigitModel;
import dev.kiln.ops.train.recipe.DigitRecipe;
import dev.kiln.ops.train.recipe.Recipe;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kiln train mnist}: handwritten digits. */
@Command(
    name = "mnist",
    description = "Tells handwritten digits, which are shifted, turned and scaled at random.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class MnistCommand extends WorkloadCommand<Batch> {
  @Option(
      names = "--model",
      paramLabel = "M",
      defaultValue = "mlp",
      description =
          "mlp: a hidden layer with GELU and dropout; lenet: LeNet-5 of 1998. Default:"
              + " ${DEFAULT-VALUE}.")
  private String model;

  @Option(
      names = "--hidden",
      paramLabel = "N",
      defaultValue = "768",
      description = "Hidden units of the MLP. Default: ${DEFAULT-VALUE}.")
  private int hidden;

  @Option(
      names = "--dropout",
      paramLabel = "X",
      defaultValue = "0.2",
      description = "Part of the MLP's hidden units that is left out. Default: ${DEFAULT-VALUE}.")
  private double dropout;

  @Option(
      names = "--label-smoothing",
      paramLabel = "X",
      defaultValue = "0",
      description =
          "Part of the probability that goes to all classes alike. Default: ${DEFAULT-VALUE}.")
  private double labelSmoothing;

  @Option(
      names = "--no-distortion",
      description = "Leaves images as they are; without it none is seen twice.")
  private boolean noDistortion;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Folder with the four MNIST files, compressed or not. Default: the 10,000 digits that"
              + " come with Kiln.")
  private Path data;

  private DigitModel model() {
    for (DigitModel kind : DigitModel.values()) {
      if (kind.toString().equals(model)) {
        return kind;
      }
    }
    throw usage("there is no model '" + model + "'; there are mlp, lenet");
  }

  @Override
  CommonOptions.Defaults defaults() {
    DigitModel kind = model();
    return new CommonOptions.Defaults(kind.epochs(), kind.batch(), kind.rate(), 0.01, 0.999, 0, 0);
  }

  @Override
  Recipe<Batch> recipe(Context context, Optional<RunFolder> folder) {
    Mnist digits = data == null ? Mnist.bundled() : Mnist.in(data);
    DigitRecipe.Options options =
        DigitRecipe.Options.of(model())
            .withBatch(common.batch(defaults()))
            .withHidden(hidden)
            .withDropout(dropout)
            .withLabelSmoothing(labelSmoothing)
            .withSeed(common.seed);
    return new DigitRecipe(
        context, digits, noDistortion ? options.withDistortion(Distortion.NONE) : options);
  }

  /** An epoch. */
  @Override
  long usualInterval(Recipe<Batch> recipe, long steps) {
    return Math.max(1, recipe.plan().batches(0) / common.accumulate);
  }

  @Override
  String figures(Validation validation) {
    return "test accuracy %.2f %%".formatted(100 * validation.value("accuracy"));
  }
}
