package dev.kiln.cli.train;

import dev.kiln.ops.optim.Clipping;
import dev.kiln.ops.optim.Precision;
import dev.kiln.ops.train.recipe.OptimizerKind;
import dev.kiln.ops.train.recipe.RunSettings;
import dev.kiln.runtime.KilnException;
import java.nio.file.Path;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Options that all workloads have. */
final class CommonOptions {
  /** How long to train. */
  static final class Length {
    @Option(names = "--steps", paramLabel = "N", description = "How many steps to make.")
    Long steps;

    @Option(
        names = "--epochs",
        paramLabel = "X",
        description = "How many passes over the data to make; may be a fraction.")
    Double epochs;

    @Option(
        names = "--minutes",
        paramLabel = "X",
        description =
            "About how long to train. The speed of a few batches is measured first, and the number"
                + " of steps set by it, as schedules need it; the run ends after those steps.")
    Double minutes;
  }

  @ArgGroup(exclusive = true)
  Length length = new Length();

  @Option(names = "--batch", paramLabel = "N", description = "Examples of a batch.")
  Integer batch;

  @Option(
      names = "--accumulate",
      paramLabel = "N",
      defaultValue = "1",
      description = "Batches of a step. Default: ${DEFAULT-VALUE}.")
  int accumulate;

  @Option(names = "--lr", paramLabel = "X", description = "Highest learning rate.")
  Double rate;

  @Option(
      names = "--schedule",
      paramLabel = "TEXT",
      defaultValue = RunSettings.USUAL_SCHEDULE,
      description =
          "How the learning rate goes, for example warmup:100,cosine or onecycle; see"
              + " docs/training-commands.md. Default: a twentieth of the steps up, then a cosine"
              + " down.")
  String schedule;

  @Option(
      names = "--plot-schedule",
      paramLabel = "FILE",
      arity = "0..1",
      fallbackValue = "",
      description =
          "Plots the learning rate to a file (.svg, .html), without one to the terminal, and"
              + " ends.")
  String plotSchedule;

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      defaultValue = "adamw",
      description =
          "sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw, adamw8bit, lion, rprop, muon."
              + " Default: ${DEFAULT-VALUE}.")
  String optimizer;

  @Option(
      names = "--weight-decay",
      paramLabel = "X",
      description = "Of all weights but biases and norms.")
  Double weightDecay;

  @Option(
      names = "--clip-norm",
      paramLabel = "X",
      description = "Largest norm of all gradients together; 0 for any.")
  Double clipNorm;

  @Option(
      names = "--precision",
      paramLabel = "P",
      defaultValue = "fp32",
      description =
          "fp32, bf16, fp16; bf16-weights, fp16-weights also for the model's weights, of which the"
              + " optimizer keeps fp32 ones. Default: ${DEFAULT-VALUE}.")
  String precision;

  @Option(
      names = "--device",
      paramLabel = "D",
      defaultValue = "cpu",
      description =
          "cpu, cuda or cuda:N; for very small sizes eval and sim. Default: ${DEFAULT-VALUE}.")
  String device;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Seed of everything random. Default: ${DEFAULT-VALUE}.")
  long seed;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "Folder for weights, checkpoints, tables, TensorBoard's events and report.html. Without"
              + " it nothing is written.")
  Path out;

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      description =
          "Goes on with the run in a folder, with its options. Given anew may be the length,"
              + " --lr, --schedule, --validate-every and the like.")
  Path resume;

  @Option(
      names = "--validate-every",
      paramLabel = "N",
      description = "Steps between validations; 0 for one at the end.")
  Long validateEvery;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "N",
      description =
          "Steps between checkpoints; 0 for one at the end. Default: one with each validation.")
  Long checkpointEvery;

  @Option(
      names = "--early-stop",
      paramLabel = "N",
      description = "Ends the run when more than N validations in a row are no better.")
  Integer earlyStop;

  @Option(
      names = "--average",
      paramLabel = "DECAY",
      description =
          "Validates and keeps an exponential moving average of the weights, for example 0.999.")
  Double average;

  @Option(
      names = "--guard",
      description = "Leaves batches out whose loss is far above those before.")
  boolean guard;

  @Option(
      names = "--layer-norms-every",
      paramLabel = "N",
      defaultValue = "50",
      description =
          "Steps between records of each layer's gradient norm; 0 for none. Default:"
              + " ${DEFAULT-VALUE}.")
  long layerNormsEvery;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description =
          "Records the first steps after the warm-up in Chrome's trace format, for Perfetto.")
  Path trace;

  @Option(
      names = "--trace-steps",
      paramLabel = "N",
      defaultValue = "5",
      description = "Steps that --trace records. Default: ${DEFAULT-VALUE}.")
  int traceSteps;

  @Option(names = "--json", description = "One JSON document instead of tables.")
  boolean json;

  /** What a workload takes where an option is not given. */
  record Defaults(
      double epochs,
      int batch,
      double rate,
      double weightDecay,
      double beta2,
      double clipNorm,
      double average) {}

  /** The settings of a run with that many steps. */
  RunSettings settings(Defaults defaults, long steps) {
    OptimizerKind kind = OptimizerKind.of(optimizer);
    double norm = clipNorm == null ? defaults.clipNorm() : clipNorm;
    double usualDecay = kind.hasDecay() ? defaults.weightDecay() : 0;
    if (norm < 0) {
      throw new KilnException("--clip-norm must be at least 0, not " + norm);
    }
    RunSettings settings =
        RunSettings.of(steps, rate == null ? defaults.rate() : rate)
            .withAccumulation(accumulate)
            .withSchedule(schedule)
            .withOptimizer(kind, weightDecay == null ? usualDecay : weightDecay, defaults.beta2())
            .withClipping(norm == 0 ? Clipping.NONE : Clipping.byNorm(norm))
            .withPrecision(Precision.of(precision))
            .withAverage(average == null ? defaults.average() : average)
            .withLayerNormsEvery(out == null && resume == null ? 0 : layerNormsEvery);
    return guard ? settings.withGuard() : settings;
  }

  int batch(Defaults defaults) {
    int examples = batch == null ? defaults.batch() : batch;
    if (examples < 1) {
      throw new KilnException("--batch must be at least 1, not " + examples);
    }
    return examples;
  }
}
