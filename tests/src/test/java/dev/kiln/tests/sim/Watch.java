package dev.kiln.tests.sim;

import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import java.util.EnumSet;

/** Puts all sanitizers on a device; the findings of a launch are a part of its report. */
final class Watch {
  private Watch() {}

  static SimOptions over(SimOptions options) {
    return options.withSanitizers(EnumSet.allOf(Sanitizer.class));
  }
}
