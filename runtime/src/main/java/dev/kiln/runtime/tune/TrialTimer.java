package dev.kiln.runtime.tune;

import dev.kiln.runtime.Device;

/** Tells how long a launch takes. */
@FunctionalInterface
public interface TrialTimer {
  /** Times that differ by no more than this factor say nothing. */
  double AS_FAST = 1.02;

  /**
   * Nanoseconds of a launch, infinite if the device cannot run it. {@link Trial#before} and {@link
   * Trial#after} go around each run.
   */
  double nanos(Trial trial);

  /** By which factor times may differ that say nothing about which is faster. */
  default double asFast(Device device) {
    return AS_FAST;
  }

  /**
   * How often trials are timed again at most, by turns, for what else the machine does changes
   * meanwhile; the least of a trial's times counts. It ends before that when times become no less.
   */
  default int rounds(Device device) {
    return 0;
  }
}
