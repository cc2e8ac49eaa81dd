package dev.kiln.runtime.profile;

import java.util.Locale;

/** Times for people. */
public final class Nanos {
  private Nanos() {}

  /** Four digits or so with the unit that suits them: "812.4 ns", "3.25 ms"; infinity as "-". */
  public static String text(double nanos) {
    // The limits are where rounding would make one digit more.
    return Double.isInfinite(nanos) || Double.isNaN(nanos)
        ? "-"
        : nanos < 999.95
            ? format("%.1f ns", nanos)
            : nanos < 999_995
                ? format("%.2f us", nanos / 1e3)
                : nanos < 999_995_000
                    ? format("%.2f ms", nanos / 1e6)
                    : format("%.3f s", nanos / 1e9);
  }

  private static String format(String pattern, double value) {
    return String.format(Locale.ROOT, pattern, value);
  }
}
