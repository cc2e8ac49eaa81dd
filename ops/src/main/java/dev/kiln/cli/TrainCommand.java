package dev.kiln.cli;

import dev.kiln.ops.checkpoint.Safetensors;
import dev.kiln.ops.data.Mnist;
import dev.kiln.ops.train.DigitTraining;
import dev.kiln.ops.train.EpochResult;
import dev.kiln.ops.train.KernelTimes;
import dev.kiln.ops.train.TrainingSettings;
import dev.kiln.runtime.AtomicFile;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code kiln train}: trains a network, reports loss and accuracy of each epoch and the time spent
 * in each kernel.
 */
@Command(
    name = "train",
    description = "Trains a network.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {
      "",
      "mnist: handwritten digits. 784 inputs, one hidden layer with GELU and",
      "dropout, 10 classes; AdamW with warm-up and cosine decay; digits are",
      "shifted, turned and scaled at random. The same seed gives the same losses.",
      "gpt, classify, regress: not supported yet"
    })
final class TrainCommand implements Callable<Integer> {
  private static final TrainingSettings DEFAULTS = TrainingSettings.DEFAULT;
  private static final String WEIGHTS = "model.safetensors";
  private static final List<String> LATER = List.of("gpt", "classify", "regress");

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "WORKLOAD", description = "What to train: mnist.")
  private String workload;

  /** How long to train. */
  static final class Length {
    @Option(
        names = "--epochs",
        paramLabel = "N",
        description = "How often every image is seen. Default: 20.")
    private Integer epochs;

    @Option(names = "--steps", paramLabel = "N", description = "How many steps to make.")
    private Long steps;
  }

  @ArgGroup(exclusive = true)
  private Length length = new Length();

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "128",
      description = "Images of a step. Default: ${DEFAULT-VALUE}.")
  private int batch;

  @Option(
      names = "--hidden",
      paramLabel = "N",
      defaultValue = "512",
      description = "Hidden units. Default: ${DEFAULT-VALUE}.")
  private int hidden;

  @Option(
      names = "--lr",
      paramLabel = "X",
      defaultValue = "0.002",
      description = "Highest learning rate. Default: ${DEFAULT-VALUE}.")
  private double learningRate;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Seed of everything random. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Folder with the four MNIST files, compressed or not. Default: the 10,000 digits that"
              + " come with Kiln.")
  private Path data;

  @Option(
      names = "--device",
      paramLabel = "D",
      defaultValue = "cpu",
      description = "cpu or eval. Default: ${DEFAULT-VALUE}.")
  private String device;

  @Option(
      names = "--precision",
      paramLabel = "P",
      defaultValue = "fp32",
      description = "fp32; bf16 and fp16 are not supported yet. Default: ${DEFAULT-VALUE}.")
  private String precision;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Folder for losses.csv, epochs.csv and model.safetensors.")
  private Path out;

  @Option(names = "--resume", paramLabel = "DIR", description = "Not supported yet.")
  private Path resume;

  @Option(names = "--json", description = "One JSON document instead of tables.")
  private boolean json;

  @Override
  public Integer call() {
    requireSupported();
    TrainingSettings settings = settings();
    if (out != null) {
      AtomicFile.requirePlace(out.resolve(WEIGHTS));
    }
    Device target = Devices.byName(device);
    Mnist digits = data == null ? Mnist.bundled() : Mnist.in(data);
    var times = new KernelTimes();
    try (var training = new DigitTraining(target, digits, settings)) {
      long start = System.nanoTime();
      var report =
          new TrainingReport(spec.commandLine().getOut(), spec.commandLine().getErr(), json);
      report.begin(digits, training, settings, target);
      target.listen(times);
      List<EpochResult> epochs = training.run(report);
      target.listen(null);
      report.end(settings, target, epochs, times.sorted(), (System.nanoTime() - start) * 1e-9);
      if (out != null) {
        report.writeTables(out, epochs);
        Safetensors.write(
            out.resolve(WEIGHTS), training.model().parameters(), metadata(settings, epochs));
      }
    }
    return CommandLine.ExitCode.OK;
  }

  private void requireSupported() {
    if (LATER.contains(workload)) {
      throw new KilnException("not supported yet: training '" + workload + "'");
    }
    if (!workload.equals("mnist")) {
      throw new CommandLine.ParameterException(
          spec.commandLine(),
          "there is no workload '" + workload + "'; there are mnist, gpt, classify, regress");
    }
    switch (precision) {
      case "fp32" -> {}
      case "bf16", "fp16" -> throw new KilnException("not supported yet: --precision " + precision);
      default ->
          throw new CommandLine.ParameterException(
              spec.commandLine(),
              "there is no precision '" + precision + "'; there are fp32, bf16, fp16");
    }
    if (resume != null) {
      throw new KilnException("not supported yet: --resume");
    }
  }

  private TrainingSettings settings() {
    return new TrainingSettings(
        length.epochs == null ? DEFAULTS.epochs() : length.epochs,
        length.steps == null ? OptionalLong.empty() : OptionalLong.of(length.steps),
        batch,
        hidden,
        learningRate,
        DEFAULTS.weightDecay(),
        DEFAULTS.dropout(),
        DEFAULTS.distortion(),
        seed);
  }

  private static Map<String, String> metadata(TrainingSettings settings, List<EpochResult> epochs) {
    EpochResult last = epochs.getLast();
    return Map.of(
        "format", "kiln.mlp",
        "seed", Long.toString(settings.seed()),
        "steps", Long.toString(last.steps()),
        "test_accuracy", Double.toString(last.testAccuracy()));
  }
}
