package dev.kiln.ops.train;

import dev.kiln.ops.report.CsvLog;
import dev.kiln.ops.report.Curves;
import dev.kiln.ops.report.HtmlReport;
import dev.kiln.ops.report.RunLog;
import dev.kiln.ops.report.TensorBoardWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;

/**
 * Writes down what happens: {@code steps.csv}, {@code validations.csv}, TensorBoard's event files,
 * {@code run.json}, and {@code report.html}, which is made of it. A resumed run goes on with the
 * same files; what was recorded after the checkpoint is dropped.
 */
public final class RunRecorder implements Callback {
  private static final String LOG = "run.json";
  private static final List<String> STEP_COLUMNS =
      List.of("epoch", "loss", "learning_rate", "gradient_norm", "loss_scale", "skipped");

  private final Path folder;
  private final String unit;
  private RunLog log;
  private double flops = Double.NaN;
  private DoubleSupplier peak = () -> Double.NaN;
  private KernelTimes times = new KernelTimes();
  private CsvLog steps;
  private CsvLog validations;
  private TensorBoardWriter board;

  /**
   * @param log with the title and hyper-parameters of the run
   * @param unit of throughput: images, rows, tokens
   */
  public RunRecorder(Path folder, RunLog log, String unit) {
    this.folder = folder;
    this.log = log;
    this.unit = unit;
  }

  /**
   * With the part of a device's peak that is used.
   *
   * @param flopsPerExample of training with one example
   * @param newPeak floating-point operations that the device makes in a second at best, asked for
   *     in each step; NaN if unknown
   */
  public RunRecorder withUtilisation(double flopsPerExample, DoubleSupplier newPeak) {
    flops = flopsPerExample;
    peak = newPeak;
    return this;
  }

  /** With the times of kernels, as they are at the end. */
  public RunRecorder withKernels(KernelTimes newTimes) {
    times = newTimes;
    return this;
  }

  /** All that was recorded, before a resumption too. */
  public RunLog log() {
    return log;
  }

  @Override
  public void started(Trainer trainer) {
    Path before = folder.resolve(LOG);
    Path stepFile = folder.resolve("steps.csv");
    Path validationFile = folder.resolve("validations.csv");
    if (trainer.isResumed()) {
      long step = trainer.workload().step();
      if (Files.exists(before)) {
        resumeLog(RunLog.load(before), step);
      }
      log.note(step, RunLog.NoteKind.RESUMED, "resumed after step " + step);
      steps = CsvLog.resume(stepFile, STEP_COLUMNS, step);
      validations = CsvLog.resume(validationFile, List.of("loss"), step);
      board = TensorBoardWriter.resume(folder, step);
    } else {
      steps = CsvLog.start(stepFile, STEP_COLUMNS);
      validations = CsvLog.start(validationFile, List.of("loss"));
      board = TensorBoardWriter.start(folder);
    }
    board.hyperParameters(log.hyperParameters());
  }

  /** What was recorded goes on; title and settings are those of now. */
  private void resumeLog(RunLog before, long step) {
    before.keepUntil(step);
    log.hyperParameters().forEach(before::hyperParameter);
    log.environment().forEach(before::environment);
    log = before;
  }

  @Override
  public void stepped(Trainer trainer, StepReport report) {
    long step = report.step();
    curve(Curves.TRAIN_LOSS, step, report.loss());
    curve(Curves.RATE, step, report.learningRate());
    if (!Double.isNaN(report.gradientNorm())) {
      curve(Curves.GRADIENT_NORM, step, report.gradientNorm());
    }
    if (report.lossScale() != 1) {
      curve(Curves.LOSS_SCALE, step, report.lossScale());
    }
    if (report.isSkipped()) {
      log.note(step, RunLog.NoteKind.SKIPPED_STEP, "gradients overflowed: the step was skipped");
    }
    log.record(Curves.THROUGHPUT + "/" + unit, step, report.throughput());
    double utilisation = report.throughput() * flops / peak.getAsDouble();
    if (!Double.isNaN(utilisation)) {
      log.record(Curves.UTILISATION, step, utilisation);
    }
    report.others().forEach((name, value) -> curve(name, step, value));
    report.layerGradients().forEach((layer, norm) -> log.layerGradient(layer, step, norm));
    var row = new LinkedHashMap<String, Double>();
    row.put("epoch", report.epoch());
    row.put("loss", report.loss());
    row.put("learning_rate", report.learningRate());
    row.put("gradient_norm", report.gradientNorm());
    row.put("loss_scale", report.lossScale());
    row.put("skipped", report.isSkipped() ? 1.0 : 0.0);
    row.putAll(report.others());
    steps.row(step, row);
  }

  @Override
  public void validated(Trainer trainer, Validation validation) {
    long step = validation.step();
    curve(Curves.VALIDATION_LOSS, step, validation.loss());
    validation.metrics().forEach((name, value) -> curve(name + "/validation", step, value));
    validation.confusion().ifPresent(log::confusion);
    validation.predictions().ifPresent(p -> log.predictions(p.predicted(), p.targets(), p.unit()));
    Map<String, Double> row = new LinkedHashMap<>();
    row.put("loss", validation.loss());
    row.putAll(validation.metrics());
    validations.row(step, row);
  }

  /** A point of a curve, in the report and for TensorBoard. */
  private void curve(String name, long step, double value) {
    log.record(name, step, value);
    board.scalar(name.replace(' ', '_'), value, step);
  }

  @Override
  public void checkpointing(Trainer trainer) {
    log.save(folder.resolve(LOG));
  }

  @Override
  public void finished(Trainer trainer) {
    if (steps == null) {
      return; // The run failed before it began.
    }
    log.kernels(
        times.sorted().stream()
            .map(t -> new RunLog.KernelTime(t.kernel(), t.launches(), t.nanos() * 1e-9, 0))
            .toList());
    log.save(folder.resolve(LOG));
    HtmlReport.write(log, folder.resolve("report.html"));
    steps.close();
    validations.close();
    board.close();
  }
}
