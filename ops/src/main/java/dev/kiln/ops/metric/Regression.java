package dev.kiln.ops.metric;

import java.util.Locale;

/** Errors of predicted numbers, gathered once for all four figures; a metric of each is a view. */
public final class Regression {
  private long rows;
  private double absolute;
  private double squared;
  // Of the targets, by Welford's update: a sum of squares would cancel.
  private double mean;
  private double spread;

  /** Which figure. */
  public enum Figure {
    MAE,
    MSE,
    RMSE,
    R2
  }

  /** Adds predictions [n] for targets [n]. */
  public void update(float[] predicted, float[] targets) {
    Rows.sameLength("regression", predicted.length, targets.length);
    for (int i = 0; i < targets.length; i++) {
      double error = (double) predicted[i] - targets[i];
      absolute += Math.abs(error);
      squared += error * error;
      rows++;
      double away = targets[i] - mean;
      mean += away / rows;
      spread += away * (targets[i] - mean);
    }
  }

  public long rows() {
    return rows;
  }

  /** Mean absolute error. */
  public double mae() {
    return rows == 0 ? Double.NaN : absolute / rows;
  }

  /** Mean squared error. */
  public double mse() {
    return rows == 0 ? Double.NaN : squared / rows;
  }

  /** Root of the mean squared error, in the unit of the targets. */
  public double rmse() {
    return Math.sqrt(mse());
  }

  /**
   * The part of the targets' variance that is explained. Where all targets are equal: 1 without
   * error, otherwise 0. NaN below two rows.
   */
  public double r2() {
    if (rows < 2) {
      return Double.NaN;
    }
    return spread == 0 ? (squared == 0 ? 1 : 0) : 1 - squared / spread;
  }

  public double value(Figure figure) {
    return switch (figure) {
      case MAE -> mae();
      case MSE -> mse();
      case RMSE -> rmse();
      case R2 -> r2();
    };
  }

  public void reset() {
    rows = 0;
    absolute = 0;
    squared = 0;
    mean = 0;
    spread = 0;
  }

  /** One figure as a metric of its own. */
  public static ValueMetric metric(Figure figure) {
    Regression errors = new Regression();
    return new ValueMetric() {
      @Override
      public String name() {
        return figure.name().toLowerCase(Locale.ROOT);
      }

      @Override
      public void update(float[] predicted, float[] targets) {
        errors.update(predicted, targets);
      }

      @Override
      public double value() {
        return errors.value(figure);
      }

      @Override
      public void reset() {
        errors.reset();
      }
    };
  }
}
