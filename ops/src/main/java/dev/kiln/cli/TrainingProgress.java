package dev.kiln.cli;

import java.io.PrintWriter;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Progress on standard error: a bar on a terminal, a line now and then elsewhere. */
abstract class TrainingProgress {
  private static final long NANOS_BETWEEN_LINES = 5_000_000_000L;

  private final PrintWriter err;

  private TrainingProgress(PrintWriter err) {
    this.err = err;
  }

  /** The launcher knows whether standard error is a terminal. */
  static TrainingProgress to(PrintWriter err) {
    return Boolean.getBoolean("kiln.terminal") ? new Bar(err) : new Lines(err);
  }

  final void say(String format, Object... values) {
    err.println(String.format(Locale.ROOT, format, values));
    err.flush();
  }

  abstract void start(String name, int steps);

  abstract void step(float loss);

  abstract void finish();

  private static final class Bar extends TrainingProgress {
    private ProgressBar bar;

    Bar(PrintWriter err) {
      super(err);
    }

    @Override
    void start(String name, int steps) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(name)
              .setInitialMax(steps)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(100)
              .clearDisplayOnFinish()
              .build();
    }

    @Override
    void step(float loss) {
      bar.setExtraMessage(String.format(Locale.ROOT, " loss %.4f", loss));
      bar.step();
    }

    @Override
    void finish() {
      bar.close();
    }
  }

  private static final class Lines extends TrainingProgress {
    private String name;
    private int steps;
    private int done;
    private long last = System.nanoTime();

    Lines(PrintWriter err) {
      super(err);
    }

    @Override
    void start(String newName, int newSteps) {
      name = newName;
      steps = newSteps;
      done = 0;
    }

    @Override
    void step(float loss) {
      done++;
      long now = System.nanoTime();
      if (now - last >= NANOS_BETWEEN_LINES) {
        last = now;
        say("%s: step %d of %d, loss %.4f", name, done, steps, loss);
      }
    }

    @Override
    void finish() {}
  }
}
