package dev.kiln.ops.schedule;

/**
 * {@code (rate - end)(1 - e/steps)^power + end}. Past {@code steps} it stays at {@code end}; with
 * {@code cycle} the length grows to {@code steps ceil(e/steps)}, so that the rate rises again.
 */
public record Polynomial(double rate, long steps, double power, double end, boolean cycle)
    implements Schedule {
  public Polynomial {
    Require.rate("polynomial", "rate", rate);
    Require.positive("polynomial", "steps", steps);
    Require.positive("polynomial", "power", power);
    Require.rate("polynomial", "end", end);
  }

  @Override
  public double at(long step) {
    Require.step(step);
    // At 0 the cycle of length 0 would divide by zero: the first cycle holds there too.
    long length = cycle ? steps * Math.max(1, Math.ceilDiv(step, steps)) : steps;
    double done = (double) Math.min(step, length) / length;
    return (rate - end) * Math.pow(1 - done, power) + end;
  }

  @Override
  public String toString() {
    return Schedules.format(this);
  }
}
