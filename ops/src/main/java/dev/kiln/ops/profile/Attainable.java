package dev.kiln.ops.profile;

import java.util.Locale;

/**
 * The least time of a call by a roofline: that of its bytes at the device's bandwidth, or of its
 * operations at the device's peak, whichever is longer.
 *
 * @param seconds of the longer
 * @param share of it in the time of the call: 1 if the call is as fast as can be
 */
public record Attainable(double seconds, Bound bound, double share) {
  /** What takes longer. */
  public enum Bound {
    MEMORY,
    COMPUTE;

    /** In tables and in JSON. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
