package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;
import java.util.Arrays;

/**
 * A scaling with what it was fitted to: {@code (x - center) / scale}.
 *
 * @param center any number
 * @param scale positive
 */
public record Scaler(Scaling kind, double center, double scale) {
  /** Leaves numbers as they are. */
  public static final Scaler NONE = new Scaler(Scaling.NONE, 0, 1);

  public Scaler {
    if (!(scale > 0) || !Double.isFinite(scale) || !Double.isFinite(center)) {
      throw new KilnException(
          "a scaler needs a finite center and a positive scale, not %s and %s"
              .formatted(center, scale));
    }
  }

  /**
   * Fits numbers of the training part. Where all are equal, only the center is taken away.
   *
   * @throws KilnException if there are none
   */
  public static Scaler fit(Scaling kind, double... values) {
    if (values.length == 0) {
      throw new KilnException("a scaler cannot be fitted without numbers");
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double min = sorted[0];
    double max = sorted[sorted.length - 1];
    double mean = Arrays.stream(values).sum() / values.length;
    return switch (kind) {
      case NONE -> NONE;
      case STANDARD -> of(kind, mean, deviation(values, mean));
      case MIN_MAX -> of(kind, min, max - min);
      case MEAN -> of(kind, mean, max - min);
      case ROBUST ->
          of(kind, quantile(sorted, 0.5), quantile(sorted, 0.75) - quantile(sorted, 0.25));
    };
  }

  private static Scaler of(Scaling kind, double center, double scale) {
    // Rounding leaves a deviation of equal numbers just above 0.
    boolean constant = scale <= 1e-12 * Math.abs(center) || scale == 0;
    return new Scaler(kind, center, constant ? 1 : scale);
  }

  private static double deviation(double[] values, double mean) {
    double sum = 0;
    for (double value : values) {
      sum += (value - mean) * (value - mean);
    }
    return Math.sqrt(sum / values.length);
  }

  /**
   * A quantile, between the two nearest numbers in proportion.
   *
   * @param sorted ascending, at least one
   * @param part from 0 to 1
   */
  public static double quantile(double[] sorted, double part) {
    double at = part * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }

  /** Scaled. */
  public double apply(double value) {
    return (value - center) / scale;
  }

  /** As it was before {@link #apply}. */
  public double invert(double scaled) {
    return scaled * scale + center;
  }
}
