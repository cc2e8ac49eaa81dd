package dev.kiln.ops.train;

import dev.kiln.runtime.Device;
import dev.kiln.runtime.profile.Profiler;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * Records the first steps of a run, after the warm-up, and writes them in Chrome's trace format:
 * every launch and copy, and within each step the forward pass, the backward pass and the update.
 */
public final class StepTrace implements Callback {
  private final Device device;
  private final Path file;
  private final int steps;
  private final Consumer<String> told;
  private Profiler profiler;
  private Profiler.Span span = Profiler.Span.NONE;
  private int recorded;

  /**
   * @param file is written when so many steps are done, or the run ends
   * @param steps at least 1
   * @param told receives a summary of kernels and copies
   */
  public StepTrace(Device device, Path file, int steps, Consumer<String> told) {
    this.device = device;
    this.file = file;
    this.steps = steps;
    this.told = told;
  }

  @Override
  public void started(Trainer trainer) {
    profiler = Profiler.of(device);
    if (trainer.workload() instanceof Supervised<?> supervised) {
      supervised.recordBy(profiler);
    }
    span = profiler.span(nameOf(trainer.workload().step() + 1));
  }

  private static String nameOf(long step) {
    return "step " + step;
  }

  @Override
  public void stepped(Trainer trainer, StepReport report) {
    if (profiler == null) {
      return;
    }
    span.close();
    if (++recorded < steps) {
      span = profiler.span(nameOf(report.step() + 1));
    } else {
      end(trainer);
    }
  }

  @Override
  public void finished(Trainer trainer) {
    if (profiler != null) {
      end(trainer);
    }
  }

  private void end(Trainer trainer) {
    if (trainer.workload() instanceof Supervised<?> supervised) {
      supervised.recordBy(null);
    }
    profiler.close();
    profiler.writeChromeTrace(file);
    told.accept(profiler.recording().summary());
    profiler = null;
  }
}
