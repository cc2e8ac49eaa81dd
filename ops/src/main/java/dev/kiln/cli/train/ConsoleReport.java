package dev.kiln.cli.train;

import dev.kiln.cli.JsonOutput;
import dev.kiln.ops.report.TrainingProgressBar;
import dev.kiln.ops.train.Callback;
import dev.kiln.ops.train.KernelTimes.KernelTime;
import dev.kiln.ops.train.StepReport;
import dev.kiln.ops.train.Trainer;
import dev.kiln.ops.train.Validation;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a run prints: a row for each validation on standard output, progress on standard error; at
 * the end the times of kernels and the result.
 */
final class ConsoleReport implements Callback {
  private static final int WIDTH = 12;

  private final PrintWriter out;
  private final PrintWriter err;
  private final boolean json;
  private final boolean isTerminal = Boolean.getBoolean("kiln.terminal");
  private final String unit;
  private final TrainingProgressBar progress;
  private final List<Map<String, Object>> rows = new ArrayList<>();

  private double lossSum;
  private long losses;
  private long examples;
  private double seconds;
  private long allExamples;
  private double allSeconds;
  private long skipped;
  private boolean hasHead;

  ConsoleReport(PrintWriter out, PrintWriter err, boolean json, String unit) {
    this.out = out;
    this.err = err;
    this.json = json;
    this.unit = unit;
    progress = TrainingProgressBar.to(err, isTerminal, unit);
  }

  /** A line on standard error. */
  void say(String format, Object... values) {
    clear();
    err.println(String.format(Locale.ROOT, format, values));
    err.flush();
  }

  /** Off with the bar, which draws itself anew. */
  private void clear() {
    if (isTerminal) {
      err.print("\r\u001b[K");
      err.flush();
    }
  }

  private void print(String format, Object... values) {
    clear();
    out.println(String.format(Locale.ROOT, format, values));
    out.flush();
  }

  @Override
  public void started(Trainer trainer) {
    long done = trainer.workload().step();
    say(
        "%skernels made and warmed in %.1f s",
        done > 0 ? "going on after step %,d; ".formatted(done) : "", trainer.warmUpSeconds());
    progress.start("training", trainer.options().steps(), done);
  }

  @Override
  public void stepped(Trainer trainer, StepReport report) {
    lossSum += report.loss();
    losses++;
    examples += report.examples();
    seconds += report.seconds();
    skipped += report.isSkipped() ? 1 : 0;
    progress.step(report.step(), report.loss(), report.examples());
  }

  @Override
  public void validated(Trainer trainer, Validation validation) {
    var row = new LinkedHashMap<String, Object>();
    row.put("step", validation.step());
    row.put("epoch", trainer.workload().epoch());
    row.put("trainLoss", losses == 0 ? Double.NaN : lossSum / losses);
    row.put("validationLoss", validation.loss());
    row.putAll(validation.metrics());
    row.put(unit + "PerSecond", examples / seconds);
    rows.add(row);
    if (!json) {
      printRow(validation, row);
    }
    count();
  }

  private void count() {
    allExamples += examples;
    allSeconds += seconds;
    lossSum = 0;
    losses = 0;
    examples = 0;
    seconds = 0;
  }

  private void printRow(Validation validation, Map<String, Object> row) {
    if (!hasHead) {
      hasHead = true;
      var head = new StringBuilder("%8s %7s".formatted("step", "epoch"));
      for (String name : List.of("loss", "val. loss")) {
        head.append(right(name));
      }
      validation.metrics().keySet().forEach(name -> head.append(right(name)));
      print("%s", head.append(right(unit + "/s")));
    }
    var line =
        new StringBuilder("%8d %7.2f".formatted(validation.step(), (double) row.get("epoch")));
    line.append(number((double) row.get("trainLoss"))).append(number(validation.loss()));
    validation.metrics().values().forEach(value -> line.append(number(value)));
    print("%s", line.append(right("%,.0f".formatted(row.get(unit + "PerSecond")))));
  }

  private static String right(String text) {
    return (" %" + WIDTH + "s").formatted(text);
  }

  private static String number(double value) {
    boolean isLarge = Math.abs(value) >= 1000;
    return right(Double.isNaN(value) ? "-" : (isLarge ? "%.1f" : "%.4f").formatted(value));
  }

  @Override
  public void finished(Trainer trainer) {
    progress.close();
    count();
  }

  /** Of all steps of this call. */
  double perSecond() {
    return allExamples / allSeconds;
  }

  long skipped() {
    return skipped;
  }

  List<Map<String, Object>> rows() {
    return rows;
  }

  /** The table of kernels. */
  void kernels(List<KernelTime> times, double wall) {
    print("");
    print("%-32s %9s %10s %9s %7s", "kernel", "launches", "ms", "us each", "share");
    for (KernelTime time : times) {
      double ms = time.nanos() * 1e-6;
      print(
          "%-32s %9d %10.1f %9.1f %6.1f%%",
          time.kernel(), time.launches(), ms, 1e3 * ms / time.launches(), 0.1 * ms / wall);
    }
    double inKernels = times.stream().mapToLong(KernelTime::nanos).sum() * 1e-6;
    print(
        "%-32s %9s %10.1f %9s %6.1f%%",
        "all else", "", 1e3 * wall - inKernels, "", 100 - 0.1 * inKernels / wall);
    print("");
  }

  /** A line of the result. */
  void result(String format, Object... values) {
    print(format, values);
  }

  void document(Map<String, Object> document) {
    out.println(JsonOutput.of(document));
    out.flush();
  }
}
