package dev.kiln.ops.schedule;

/** The same rate at each step. */
public record Constant(double rate) implements Schedule {
  public Constant {
    Require.rate("constant", "rate", rate);
  }

  @Override
  public double at(long step) {
    Require.step(step);
    return rate;
  }

  @Override
  public String toString() {
    return Schedules.format(this);
  }
}
