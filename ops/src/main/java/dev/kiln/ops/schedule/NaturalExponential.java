package dev.kiln.ops.schedule;

/** {@code rate exp(-gamma e)}, from the initial rate and not compounded. */
public record NaturalExponential(double rate, double gamma) implements Schedule {
  public NaturalExponential {
    Require.rate("natural", "rate", rate);
    Require.rate("natural", "gamma", gamma);
  }

  @Override
  public double at(long step) {
    Require.step(step);
    return rate * Math.exp(-gamma * step);
  }

  @Override
  public String toString() {
    return Schedules.format(this);
  }
}
