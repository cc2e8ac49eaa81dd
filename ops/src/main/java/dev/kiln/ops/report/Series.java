package dev.kiln.ops.report;

import dev.kiln.runtime.KilnException;
import java.util.Arrays;

/** A curve: values at rising steps. Not thread-safe. */
public final class Series {
  private long[] steps = new long[16];
  private double[] values = new double[16];
  private int size;

  /** As JSON holds it; values that are not finite are the strings NaN, Infinity, -Infinity. */
  record State(long[] steps, double[] values) {}

  Series() {}

  static Series of(State state) {
    if (state.steps().length != state.values().length) {
      throw new KilnException(
          "a curve has %d steps and %d values; it needs as many"
              .formatted(state.steps().length, state.values().length));
    }
    Series series = new Series();
    series.steps = state.steps().clone();
    series.values = state.values().clone();
    series.size = series.steps.length;
    return series;
  }

  State state() {
    return new State(Arrays.copyOf(steps, size), Arrays.copyOf(values, size));
  }

  /** Adds a point. A step that was there already, or later ones, are replaced. */
  void add(long step, double value) {
    keepUntil(step - 1);
    if (size == steps.length) {
      steps = Arrays.copyOf(steps, Math.max(16, 2 * size));
      values = Arrays.copyOf(values, Math.max(16, 2 * size));
    }
    steps[size] = step;
    values[size++] = value;
  }

  /** Drops points after a step. */
  void keepUntil(long step) {
    while (size > 0 && steps[size - 1] > step) {
      size--;
    }
  }

  public int size() {
    return size;
  }

  public long step(int i) {
    return steps[i];
  }

  public double value(int i) {
    return values[i];
  }

  /** The last value; NaN without one. */
  public double last() {
    return size == 0 ? Double.NaN : values[size - 1];
  }

  /**
   * At most about so many points: of each stretch the smallest and the largest value, so that
   * spikes stay, and a value that is not finite where there is one.
   */
  Series thinned(int points) {
    if (size <= points) {
      return this;
    }
    Series thin = new Series();
    int stretches = Math.max(1, points / 3);
    for (int s = 0; s < stretches; s++) {
      thin.addExtremes(
          this, (int) ((long) size * s / stretches), (int) ((long) size * (s + 1) / stretches));
    }
    if (thin.step(thin.size - 1) != step(size - 1)) {
      thin.add(step(size - 1), last());
    }
    return thin;
  }

  private void addExtremes(Series from, int begin, int end) {
    int low = -1;
    int high = -1;
    int strange = -1;
    for (int i = begin; i < end; i++) {
      double value = from.values[i];
      if (!Double.isFinite(value)) {
        strange = strange < 0 ? i : strange;
      } else {
        low = low < 0 || value < from.values[low] ? i : low;
        high = high < 0 || value > from.values[high] ? i : high;
      }
    }
    int[] chosen = {low, high, strange};
    Arrays.sort(chosen);
    for (int k = 0; k < chosen.length; k++) {
      if (chosen[k] >= 0 && (k == 0 || chosen[k] != chosen[k - 1])) {
        add(from.steps[chosen[k]], from.values[chosen[k]]);
      }
    }
  }

  /**
   * An exponential moving average over about so many points, without the pull to zero at the start.
   * Values that are not finite are passed over.
   */
  Series smoothed(double points) {
    Series smooth = new Series();
    double keep = 1 - 1 / Math.max(1, points);
    double sum = 0;
    double weight = 0;
    for (int i = 0; i < size; i++) {
      if (Double.isFinite(values[i])) {
        sum = keep * sum + (1 - keep) * values[i];
        weight = keep * weight + 1 - keep;
        smooth.add(steps[i], sum / weight);
      }
    }
    return smooth;
  }
}
