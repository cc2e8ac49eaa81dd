package dev.kiln.runtime.tune;

/** Tells how long a launch takes. */
@FunctionalInterface
public interface TrialTimer {
  /**
   * Nanoseconds of a launch, infinite if the device cannot run it. {@link Trial#before} and {@link
   * Trial#after} go around each run.
   */
  double nanos(Trial trial);

  /**
   * How often the fastest are timed again, by turns, for what else the machine does changes
   * meanwhile; the least of a trial's times counts.
   */
  default int finals() {
    return 0;
  }

  /** {@link #nanos} of a trial that has been timed before. */
  default double again(Trial trial) {
    return nanos(trial);
  }
}
