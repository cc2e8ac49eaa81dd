package dev.kiln.cli.train;

import dev.kiln.ops.checkpoint.Weights;
import dev.kiln.ops.report.RunLog;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.train.BestWeights;
import dev.kiln.ops.train.Callback;
import dev.kiln.ops.train.EarlyStopping;
import dev.kiln.ops.train.KernelTimes;
import dev.kiln.ops.train.RunRecorder;
import dev.kiln.ops.train.StepTrace;
import dev.kiln.ops.train.Trainer;
import dev.kiln.ops.train.TrainerOptions;
import dev.kiln.ops.train.Validation;
import dev.kiln.ops.train.recipe.Recipe;
import dev.kiln.ops.train.recipe.RunSettings;
import dev.kiln.ops.train.recipe.TrainingRun;
import dev.kiln.runtime.AtomicFile;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * What all workloads do: put the options together, train, report.
 *
 * @param <B> a batch in host memory
 */
abstract class WorkloadCommand<B> implements Callable<Integer> {

  /** A run that is so short ends before kernels are warm. */
  private static final int FEW_STEPS = 100;

  /** Less says more of the overhead of small kernels than of the machine. */
  private static final double LEAST_UTILISATION = 0.01;

  @Spec CommandSpec spec;

  @Mixin CommonOptions common;

  /** What this workload takes where an option is not given. */
  abstract CommonOptions.Defaults defaults();

  /**
   * Reads the data and makes the model.
   *
   * @param folder of the run, if it is kept
   */
  abstract Recipe<B> recipe(Context context, Optional<RunFolder> folder);

  /** Steps between validations where that is not given. */
  abstract long usualInterval(Recipe<B> recipe, long steps);

  /** Writes and prints what else belongs to a finished run. */
  void finish(Recipe<B> recipe, Optional<RunFolder> folder, Optional<ConsoleReport> report) {}

  /** Does something else than training, by options of this workload; true if so. */
  boolean isOther(RunFolder folder) {
    return false;
  }

  @Override
  public Integer call() {
    if (common.resume != null) {
      if (common.out != null) {
        throw usage("--out and --resume exclude each other: a run goes on in its own folder");
      }
      merge(new RunFolder(common.resume));
    }
    if (isOther(common.resume == null ? null : new RunFolder(common.resume))) {
      return CommandLine.ExitCode.OK;
    }
    return train();
  }

  final CommandLine.ParameterException usage(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }

  private void merge(RunFolder folder) {
    Path place = folder.folder();
    String plot = common.plotSchedule;
    RunFolder.Settings stored = folder.read();
    if (!stored.workload().equals(spec.name())) {
      throw new KilnException(
          "%s holds a run of %s: kiln train %s --resume %s"
              .formatted(place, stored.workload(), stored.workload(), place));
    }
    StoredOptions.merge(spec.commandLine(), stored, place);
    common.resume = place;
    common.plotSchedule = plot;
  }

  /** Where the run is kept, if it is. */
  private Optional<RunFolder> folder() {
    Path place = common.resume != null ? common.resume : common.out;
    return Optional.ofNullable(place).map(RunFolder::new);
  }

  int train() {
    Optional<RunFolder> folder = folder();
    if (common.out != null && common.plotSchedule == null) {
      folder.orElseThrow().begin();
    }
    // Faults of options are told before data is read.
    common.settings(defaults(), 1);
    Device device = Devices.byName(common.device);
    try (var context = new Context(device, common.seed);
        Recipe<B> recipe = recipe(context, folder)) {
      long steps = steps(recipe, folder);
      RunSettings settings = common.settings(defaults(), steps);
      if (common.plotSchedule != null) {
        ScheduleDrawing.draw(
            settings.plannedSchedule(),
            settings.steps(),
            common.plotSchedule,
            spec.commandLine().getOut());
        return CommandLine.ExitCode.OK;
      }
      return run(context, recipe, settings, folder);
    }
  }

  // Length

  final long steps(Recipe<B> recipe, Optional<RunFolder> folder) {
    CommonOptions.Length length =
        common.length == null ? new CommonOptions.Length() : common.length;
    long perEpoch = recipe.plan().batches(0);
    if (length.steps != null) {
      if (length.steps < 1) {
        throw new KilnException("--steps must be at least 1, not " + length.steps);
      }
      return length.steps;
    }
    if (length.minutes != null) {
      if (!(length.minutes > 0)) {
        throw new KilnException("--minutes must be above 0, not " + length.minutes);
      }
      double each =
          TrainingRun.secondsOfBatch(recipe, common.settings(defaults(), 1)) * common.accumulate;
      long done = folder.map(RunFolder::lastStep).filter(step -> step > 0).orElse(0L);
      return done + Math.max(1, Math.round(60 * length.minutes / each));
    }
    double epochs = length.epochs == null ? defaults().epochs() : length.epochs;
    if (!(epochs > 0)) {
      throw new KilnException("--epochs must be above 0, not " + epochs);
    }
    return Math.max(1, Math.round(epochs * perEpoch / common.accumulate));
  }

  // The run

  private int run(
      Context context, Recipe<B> recipe, RunSettings settings, Optional<RunFolder> folder) {
    PrintWriter out = spec.commandLine().getOut();
    var report = new ConsoleReport(out, spec.commandLine().getErr(), common.json, recipe.unit());
    report.say("%s", recipe.about());
    report.say(
        "%,d steps of %d x %d by %s in %s on %s; seed %d",
        settings.steps(),
        settings.accumulation(),
        common.batch(defaults()),
        settings.optimizer(),
        settings.precision(),
        common.device,
        common.seed);
    folder.ifPresent(
        kept ->
            kept.write(
                new RunFolder.Settings(
                    spec.name(), StoredOptions.of(spec.commandLine(), settings.steps()))));
    var peak = new PeakFlops(context);
    var times = new KernelTimes();
    var log = new RunLog(spec.name() + ", seed " + common.seed);
    describe(log, context, settings);
    try (var run = new TrainingRun<>(recipe, settings)) {
      var callbacks = new ArrayList<Callback>();
      callbacks.add(peak);
      Optional<RunRecorder> recorder =
          folder.map(kept -> new RunRecorder(kept.folder(), log, recipe.unit()));
      recorder.ifPresent(
          some ->
              some.withUtilisation(recipe.flopsPerExample(), peak::perSecond).withKernels(times));
      recorder.ifPresent(some -> callbacks.add(new Illustration(recipe, some)));
      recorder.ifPresent(callbacks::add);
      folder.ifPresent(
          kept ->
              callbacks.add(
                  new BestWeights(
                      kept.bestWeights(), recipe.goal().metric(), recipe.goal().isLargerBetter())));
      if (common.earlyStop != null) {
        callbacks.add(
            new EarlyStopping(
                recipe.goal().metric(), recipe.goal().isLargerBetter(), common.earlyStop, 0));
      }
      callbacks.add(report);
      callbacks.add(new Listening(context.device(), times));
      if (common.trace != null) {
        callbacks.add(trace(context.device(), report));
      }
      var trainer = new Trainer(run.workload(), options(recipe, settings, folder), callbacks);
      if (common.resume != null && folder.orElseThrow().lastStep() < 0) {
        report.say("there is no checkpoint in %s yet: the run begins anew", common.resume);
      } else if (common.resume != null) {
        RunFolder kept = folder.orElseThrow();
        long step = trainer.resume(kept.checkpoints(), reason -> report.say("kiln: %s", reason));
        if (step >= settings.steps()) {
          report.say("the run is finished after %,d steps; give more with --steps to go on", step);
        }
      }
      long start = System.nanoTime();
      try (var interruption = new Interruption(trainer)) {
        trainer.run();
        double wall = (System.nanoTime() - start) * 1e-9 - trainer.warmUpSeconds();
        folder.ifPresent(kept -> writeWeights(kept, trainer, recipe, settings));
        Outcome outcome =
            new Outcome(trainer, times, wall, report.perSecond() * recipe.flopsPerExample(), peak);
        conclude(outcome, recipe, report, folder, interruption.isRequested());
        return CommandLine.ExitCode.OK;
      }
    }
  }

  private StepTrace trace(Device device, ConsoleReport report) {
    if (common.traceSteps < 1) {
      throw new KilnException("--trace-steps must be at least 1, not " + common.traceSteps);
    }
    AtomicFile.requirePlace(common.trace);
    return new StepTrace(
        device,
        common.trace,
        common.traceSteps,
        summary -> report.say("%s: %d steps%n%s", common.trace, common.traceSteps, summary));
  }

  private TrainerOptions options(
      Recipe<B> recipe, RunSettings settings, Optional<RunFolder> folder) {
    long validateEvery =
        common.validateEvery == null
            ? usualInterval(recipe, settings.steps())
            : common.validateEvery;
    long checkpointEvery = common.checkpointEvery == null ? validateEvery : common.checkpointEvery;
    TrainerOptions options =
        TrainerOptions.of(settings.steps())
            .validateEvery(validateEvery)
            .warmUp(settings.steps() < FEW_STEPS ? Duration.ZERO : TrainingRun.WARM_UP);
    return folder
        .map(kept -> options.checkpoints(kept.checkpoints(), checkpointEvery))
        .orElse(options);
  }

  private void describe(RunLog log, Context context, RunSettings settings) {
    StoredOptions.of(spec.commandLine(), settings.steps())
        .forEach((name, values) -> log.hyperParameter(name.substring(2), String.join(" ", values)));
    log.environment("device", context.device().name());
    log.environment("processors", Runtime.getRuntime().availableProcessors());
    log.environment("JDK", Runtime.version());
  }

  private void writeWeights(
      RunFolder folder, Trainer trainer, Recipe<B> recipe, RunSettings settings) {
    try (Mode _ = trainer.workload().evaluated()) {
      Weights.save(
          folder.weights(),
          recipe.task().model(),
          Map.of(
              "workload", spec.name(),
              "step", Long.toString(trainer.workload().step()),
              "seed", Long.toString(common.seed)));
    }
  }

  // The result

  /**
   * What a run came to.
   *
   * @param wall seconds, without the warm-up
   * @param flops floating-point operations in a second
   */
  private record Outcome(
      Trainer trainer, KernelTimes times, double wall, double flops, PeakFlops peak) {
    /** The part of the peak that was used; NaN if that was not measured. */
    double utilisation() {
      return flops / peak.perSecond();
    }
  }

  private void conclude(
      Outcome outcome,
      Recipe<B> recipe,
      ConsoleReport report,
      Optional<RunFolder> folder,
      boolean isUrgent) {
    Trainer trainer = outcome.trainer();
    if (common.json) {
      report.document(document(outcome, recipe, report));
      finish(recipe, folder, Optional.empty());
      return;
    }
    report.kernels(outcome.times().sorted(), outcome.wall());
    if (!isUrgent) {
      finish(recipe, folder, Optional.of(report));
    }
    if (outcome.utilisation() > LEAST_UTILISATION) {
      report.result(
          "%,.0f %s/s, %.1f GFLOP/s: %.0f %% of the %.0f GFLOP/s of a large fp32 product",
          report.perSecond(),
          recipe.unit(),
          outcome.flops() * 1e-9,
          100 * outcome.utilisation(),
          outcome.peak().perSecond() * 1e-9);
    }
    if (report.skipped() > 0) {
      report.result("%,d steps were skipped as gradients overflowed", report.skipped());
    }
    trainer.stopReason().ifPresent(reason -> report.result("stopped: %s", reason));
    trainer
        .lastValidation()
        .ifPresent(
            v ->
                report.result(
                    "%s after %,d steps in %.1f s; warm-up %.1f s",
                    figures(v),
                    trainer.workload().step(),
                    outcome.wall(),
                    trainer.warmUpSeconds()));
    folder.ifPresent(kept -> report.result("%s", kept.report()));
  }

  /** For example {@code test accuracy 98.20 %}. */
  String figures(Validation validation) {
    var text = new StringBuilder("validation loss %.4f".formatted(validation.loss()));
    validation.metrics().forEach((name, value) -> text.append(", %s %.4f".formatted(name, value)));
    return text.toString();
  }

  private Map<String, Object> document(Outcome outcome, Recipe<B> recipe, ConsoleReport report) {
    Trainer trainer = outcome.trainer();
    double used = outcome.utilisation();
    var document = new LinkedHashMap<String, Object>();
    document.put("workload", spec.name());
    document.put("device", common.device);
    document.put("precision", common.precision);
    document.put("seed", common.seed);
    document.put("parameters", recipe.task().model().parameterCount());
    document.put("steps", trainer.workload().step());
    document.put("stopped", trainer.stopReason().orElse(null));
    trainer
        .lastValidation()
        .ifPresent(
            v -> {
              document.put("validationLoss", v.loss());
              document.putAll(v.metrics());
            });
    document.put("warmUpSeconds", trainer.warmUpSeconds());
    document.put("seconds", outcome.wall());
    document.put(recipe.unit() + "PerSecond", report.perSecond());
    document.put("utilisation", Double.isNaN(used) ? null : used);
    document.put("skippedSteps", report.skipped());
    document.put("validations", report.rows());
    document.put("kernels", outcome.times().sorted());
    return document;
  }

  /** Listens to launches from the first step to the last. */
  private static final class Listening implements Callback {
    private final Device device;
    private final KernelTimes times;
    private Optional<Device.Listening> listening = Optional.empty();

    Listening(Device device, KernelTimes times) {
      this.device = device;
      this.times = times;
    }

    @Override
    public void started(Trainer trainer) {
      listening = Optional.of(device.listenBeside(times));
    }

    @Override
    public void finished(Trainer trainer) {
      listening.ifPresent(Device.Listening::close);
    }
  }

  /** Adds samples to the record after each validation, by the weights that were validated. */
  private record Illustration(Recipe<?> recipe, RunRecorder recorder) implements Callback {
    @Override
    public void validated(Trainer trainer, Validation validation) {
      try (Mode _ = trainer.workload().evaluated()) {
        recipe.illustrate(recorder.log(), validation.step());
      }
    }
  }
}
