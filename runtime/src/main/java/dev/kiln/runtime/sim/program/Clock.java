package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.exec.Attachment;
import dev.kiln.runtime.sim.exec.Warp;

/**
 * A warp's time, as {@code %clock} and {@code %globaltimer} tell it: so many ticks for each
 * reading, that a launch is the same whenever it runs. Loops that wait for time to pass do end.
 */
final class Clock {
  static final Attachment<Warp, Clock> OF_WARP = new Attachment<>(warp -> new Clock());

  private static final long TICKS = 40;

  private long now;

  /** The time; it passes by being read. */
  long read() {
    now += TICKS;
    return now;
  }

  /** Which part of the time a register holds. */
  enum Part {
    LOW,
    HIGH,
    WHOLE
  }
}
