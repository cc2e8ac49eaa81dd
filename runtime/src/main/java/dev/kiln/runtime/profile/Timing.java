package dev.kiln.runtime.profile;

import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.stream.DoubleStream;

/** The times of the runs of a measurement, in nanoseconds. */
public final class Timing {
  private final double[] runs;
  private final double[] sorted;

  /**
   * @param nanos of each run, in order; at least one
   */
  public Timing(double... nanos) {
    if (nanos.length == 0) {
      throw new KilnException("a timing needs at least one run");
    }
    runs = nanos.clone();
    sorted = nanos.clone();
    Arrays.sort(sorted);
  }

  /** How many runs were timed. */
  public int runs() {
    return runs.length;
  }

  /** Nanoseconds of each run, in the order in which they were made. */
  public double[] all() {
    return runs.clone();
  }

  /** Nanoseconds on average. */
  public double mean() {
    return DoubleStream.of(runs).sum() / runs.length;
  }

  /** Nanoseconds that half of the runs did not exceed. */
  public double median() {
    return quantile(0.5);
  }

  /** Nanoseconds of the fastest run. */
  public double min() {
    return sorted[0];
  }

  /** Nanoseconds of the slowest run. */
  public double max() {
    return sorted[sorted.length - 1];
  }

  /**
   * Nanoseconds that a share of the runs did not exceed, between two runs by the straight line
   * through them, as {@code torch.quantile} does it.
   *
   * @param share from 0 (the fastest run) to 1 (the slowest)
   */
  public double quantile(double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new KilnException("a quantile is a number from 0 to 1, not " + share);
    }
    double place = share * (sorted.length - 1);
    int below = (int) place;
    double part = place - below;
    // Not by weights where it falls on a run: infinity times 0 is no number.
    return part == 0 ? sorted[below] : sorted[below] + part * (sorted[below + 1] - sorted[below]);
  }

  /** {@link #quantile} of each share. */
  public double[] quantiles(double... shares) {
    return DoubleStream.of(shares).map(this::quantile).toArray();
  }

  /** The median with the unit that suits it, and the 20th and 80th percentiles. */
  @Override
  public String toString() {
    return "%s (%s to %s, %d %s)"
        .formatted(
            Nanos.text(median()),
            Nanos.text(quantile(0.2)),
            Nanos.text(quantile(0.8)),
            runs.length,
            runs.length == 1 ? "run" : "runs");
  }
}
