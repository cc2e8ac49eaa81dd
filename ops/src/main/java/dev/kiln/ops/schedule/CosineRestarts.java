package dev.kiln.ops.schedule;

/**
 * A falling half wave that starts again after each period, as CosineAnnealingWarmRestarts of
 * PyTorch: each period is {@code multiplier} times as long as the one before. Loshchilov and
 * Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2017).
 */
public record CosineRestarts(double rate, long period, long multiplier, double end)
    implements Schedule {
  public CosineRestarts {
    Require.rate("restarts", "rate", rate);
    Require.positive("restarts", "period", period);
    Require.positive("restarts", "multiplier", multiplier);
    Require.rate("restarts", "end", end);
  }

  @Override
  public double at(long step) {
    Require.step(step);
    long length = period;
    long left = step;
    if (multiplier == 1) {
      left %= period;
    } else {
      while (left >= length) {
        left -= length;
        length = length > Long.MAX_VALUE / multiplier ? Long.MAX_VALUE : length * multiplier;
      }
    }
    return Cosine.between(rate, end, (double) left / length);
  }

  @Override
  public String toString() {
    return Schedules.format(this);
  }
}
