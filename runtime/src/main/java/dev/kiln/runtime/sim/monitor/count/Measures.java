package dev.kiln.runtime.sim.monitor.count;

import java.util.Arrays;
import java.util.Map;

/** A value for each {@link Measure}. Immutable. */
public final class Measures {
  /** How many there are. */
  static final int COUNT = Measure.values().length;

  /** Nothing counted. */
  public static final Measures NONE = new Measures(new long[COUNT]);

  private final long[] values;

  private Measures(long[] values) {
    this.values = values;
  }

  /** Those that lie in an array from an index on. */
  static Measures of(long[] tallies, int from) {
    return new Measures(Arrays.copyOfRange(tallies, from, from + COUNT));
  }

  /** Those that are given, the others 0. */
  public static Measures of(Map<Measure, Long> given) {
    long[] values = new long[COUNT];
    given.forEach((measure, value) -> values[measure.ordinal()] = value);
    return new Measures(values);
  }

  public long get(Measure measure) {
    return values[measure.ordinal()];
  }

  /** Sums. */
  public Measures plus(Measures other) {
    long[] sums = values.clone();
    for (int i = 0; i < COUNT; i++) {
      sums[i] += other.values[i];
    }
    return new Measures(sums);
  }

  /** Wavefronts that bank conflicts cost. */
  public long bankConflicts() {
    return get(Measure.SHARED_WAVEFRONTS) - get(Measure.SHARED_IDEAL_WAVEFRONTS);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Measures measures && Arrays.equals(values, measures.values);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }

  /** Those that are not 0. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("{");
    for (Measure measure : Measure.values()) {
      if (get(measure) != 0) {
        text.append(text.length() > 1 ? ", " : "");
        text.append(measure.key()).append('=').append(get(measure));
      }
    }
    return text.append('}').toString();
  }
}
