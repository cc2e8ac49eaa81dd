package dev.kiln.ops.schedule;

/** {@code rate / (1 + gamma e)}. */
public record InverseTime(double rate, double gamma) implements Schedule {
  public InverseTime {
    Require.rate("inverse", "rate", rate);
    Require.rate("inverse", "gamma", gamma);
  }

  @Override
  public double at(long step) {
    Require.step(step);
    return rate / (1 + gamma * step);
  }

  @Override
  public String toString() {
    return Schedules.format(this);
  }
}
