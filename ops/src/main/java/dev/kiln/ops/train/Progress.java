package dev.kiln.ops.train;

import dev.kiln.ops.report.TrainingProgressBar;
import java.io.PrintWriter;
import java.util.Locale;

/**
 * Shows how far a run is, with the loss, the throughput and the time left, and a line for each
 * validation.
 */
public final class Progress implements Callback {
  private final String task;
  private final TrainingProgressBar bar;

  /**
   * @param task stands before the figures
   * @param unit of the throughput: images, rows, tokens
   * @param out for lines; stays open
   * @param isTerminal whether a bar can move in place, on standard error
   */
  public Progress(String task, String unit, PrintWriter out, boolean isTerminal) {
    this.task = task;
    bar = TrainingProgressBar.to(out, isTerminal, unit);
  }

  @Override
  public void started(Trainer trainer) {
    bar.start(task, trainer.options().steps(), trainer.workload().step());
  }

  @Override
  public void stepped(Trainer trainer, StepReport report) {
    bar.step(report.step(), report.loss(), report.examples());
  }

  @Override
  public void validated(Trainer trainer, Validation validation) {
    var line = new StringBuilder();
    line.append(
        String.format(
            Locale.ROOT,
            "%s: step %d, validation loss %.5g",
            task,
            validation.step(),
            validation.loss()));
    validation
        .metrics()
        .forEach(
            (name, value) -> line.append(String.format(Locale.ROOT, ", %s %.5g", name, value)));
    bar.say(line.toString());
  }

  @Override
  public void finished(Trainer trainer) {
    bar.close();
  }
}
