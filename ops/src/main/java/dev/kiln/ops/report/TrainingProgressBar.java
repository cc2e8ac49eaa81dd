package dev.kiln.ops.report;

import dev.kiln.ops.page.Figures;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Progress of a training run: a bar on a terminal, a line now and then elsewhere, both with the
 * loss, the throughput and the time left. Not thread-safe.
 */
public abstract sealed class TrainingProgressBar implements AutoCloseable {
  private static final long NANOS_BETWEEN_LINES = 5_000_000_000L;

  final PrintWriter out;
  final String unit;
  private final LongSupplier clock;
  private Pace pace = new Pace();
  private long units;
  String task = "";
  long steps;

  private TrainingProgressBar(PrintWriter out, String unit, LongSupplier clock) {
    this.out = out;
    this.unit = unit;
    this.clock = clock;
  }

  /**
   * To a writer that the caller keeps; the bar itself always goes to standard error.
   *
   * @param terminal whether it goes to a terminal
   * @param unit what is counted per second: images, tokens
   */
  public static TrainingProgressBar to(PrintWriter out, boolean terminal, String unit) {
    return of(out, terminal, unit, System::nanoTime);
  }

  static TrainingProgressBar of(
      PrintWriter out, boolean terminal, String unit, LongSupplier clock) {
    return terminal ? new Bar(out, unit, clock) : new Lines(out, unit, clock);
  }

  /**
   * Begins a stretch of work, and ends the one before.
   *
   * @param newSteps in all
   * @param done of them already, by the run that is resumed
   */
  public void start(String newTask, long newSteps, long done) {
    close();
    task = newTask;
    steps = newSteps;
    pace = new Pace();
    units = 0;
    pace.at(clock.getAsLong(), done, 0);
    begin(done, clock.getAsLong());
  }

  /**
   * A step is done.
   *
   * @param done steps in all
   * @param loss of this step
   * @param newUnits images or tokens of this step
   */
  public void step(long done, double loss, long newUnits) {
    units += newUnits;
    long now = clock.getAsLong();
    pace.at(now, done, units);
    advance(done, loss, now);
  }

  /** Prints a line that stays. */
  public abstract void say(String line);

  /** Ends the work; may be called again. */
  @Override
  public abstract void close();

  abstract void begin(long done, long now);

  abstract void advance(long done, double loss, long now);

  /** The loss and, once it is known, the throughput. */
  final String figures(double loss) {
    double rate = pace.unitsPerSecond();
    String text = "loss " + Figures.of(loss);
    return Double.isNaN(rate) ? text : text + ", " + Figures.brief(rate) + " " + unit + "/s";
  }

  final double secondsFor(long left) {
    return pace.secondsFor(left);
  }

  private static final class Bar extends TrainingProgressBar {
    private ProgressBar bar;

    Bar(PrintWriter out, String unit, LongSupplier clock) {
      super(out, unit, clock);
    }

    @Override
    void begin(long done, long now) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(task)
              .setInitialMax(steps)
              .startsFrom(done, Duration.ZERO)
              .setStyle(ProgressBarStyle.COLORFUL_UNICODE_BLOCK)
              .setUpdateIntervalMillis(200)
              .clearDisplayOnFinish()
              .build();
    }

    @Override
    void advance(long done, double loss, long now) {
      if (bar != null) {
        bar.setExtraMessage(" " + figures(loss));
        bar.stepTo(done);
      }
    }

    @Override
    public void say(String line) {
      // Over the bar, which draws itself anew below.
      out.print("\r\u001b[K" + line + System.lineSeparator());
      out.flush();
    }

    @Override
    public void close() {
      if (bar != null) {
        bar.close();
        bar = null;
      }
    }
  }

  private static final class Lines extends TrainingProgressBar {
    private long last;

    Lines(PrintWriter out, String unit, LongSupplier clock) {
      super(out, unit, clock);
    }

    @Override
    void begin(long done, long now) {
      last = now;
    }

    @Override
    void advance(long done, double loss, long now) {
      if (now - last < NANOS_BETWEEN_LINES) {
        return;
      }
      last = now;
      double left = secondsFor(steps - done);
      String time = Double.isNaN(left) ? "" : ", " + Figures.seconds(left) + " left";
      say("%s: step %d of %d, %s%s".formatted(task, done, steps, figures(loss), time));
    }

    @Override
    public void say(String line) {
      out.println(line);
      out.flush();
    }

    @Override
    public void close() {}
  }
}
