package dev.kiln.runtime.tune;

import dev.kiln.runtime.Device;

/** Tells how long a launch takes. */
@FunctionalInterface
public interface TrialTimer {
  /**
   * Nanoseconds of a launch, infinite if the device cannot run it. {@link Trial#before} and {@link
   * Trial#after} go around each run.
   */
  double nanos(Trial trial);

  /**
   * How often trials are timed again at most, by turns, for what else the machine does changes
   * meanwhile; the least of a trial's times counts. It ends before that when times become no less.
   */
  default int rounds(Device device) {
    return 0;
  }
}
