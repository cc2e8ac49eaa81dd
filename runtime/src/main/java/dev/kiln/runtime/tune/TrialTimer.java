package dev.kiln.runtime.tune;

/** Tells how long a launch takes. */
@FunctionalInterface
public interface TrialTimer {
  /**
   * Nanoseconds of a launch, infinite if the device cannot run it. {@link Trial#before} and {@link
   * Trial#after} go around each run.
   */
  double nanos(Trial trial);
}
