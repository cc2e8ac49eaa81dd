package dev.kiln.runtime.cache;

import java.util.Optional;

/**
 * What was found out about a configuration.
 *
 * @param nanos time of a launch; infinite for one that does not work
 * @param failure why it does not work
 * @param foundMillis when that was found out, by {@link System#currentTimeMillis}
 */
public record TuningOutcome(double nanos, Optional<String> failure, long foundMillis) {
  private static final int LONGEST = 500;

  /** A configuration that works. */
  public static TuningOutcome took(double nanos) {
    return new TuningOutcome(nanos, Optional.empty(), System.currentTimeMillis());
  }

  /** A configuration that does not work; of the reason its first line is kept. */
  public static TuningOutcome failed(String reason) {
    String line = reason.lines().findFirst().orElse("");
    String kept = line.length() > LONGEST ? line.substring(0, LONGEST) + "..." : line;
    return new TuningOutcome(
        Double.POSITIVE_INFINITY, Optional.of(kept), System.currentTimeMillis());
  }

  public boolean works() {
    return failure.isEmpty() && nanos < Double.POSITIVE_INFINITY;
  }
}
