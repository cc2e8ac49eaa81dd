package dev.kiln.ops.schedule;

/**
 * {@code end + (rate - end)(1 + cos(pi e/steps))/2}, as CosineAnnealingLR of PyTorch: past {@code
 * steps} the rate rises again, and is back at {@code rate} after twice as many. Loshchilov and
 * Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2017).
 */
public record Cosine(double rate, long steps, double end) implements Schedule {
  public Cosine {
    Require.rate("cosine", "rate", rate);
    Require.positive("cosine", "steps", steps);
    Require.rate("cosine", "end", end);
  }

  @Override
  public double at(long step) {
    Require.step(step);
    return between(rate, end, (double) step / steps);
  }

  /** From {@code rate} at 0 to {@code end} at 1 along half a wave. */
  static double between(double rate, double end, double done) {
    return end + (rate - end) * (1 + Math.cos(Math.PI * done)) / 2;
  }

  @Override
  public String toString() {
    return Schedules.format(this);
  }
}
