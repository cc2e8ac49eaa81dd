package dev.kiln.ops.schedule;

/** {@code rate gamma^e}. */
public record Exponential(double rate, double gamma) implements Schedule {
  public Exponential {
    Require.rate("exponential", "rate", rate);
    Require.rate("exponential", "gamma", gamma);
  }

  @Override
  public double at(long step) {
    Require.step(step);
    return rate * Math.pow(gamma, step);
  }

  @Override
  public String toString() {
    return Schedules.format(this);
  }
}
