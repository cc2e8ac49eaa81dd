package dev.kiln.ops.schedule;

/** {@code rate gamma^floor(e / size)}, as StepLR of PyTorch. */
public record StepDecay(double rate, long size, double gamma) implements Schedule {
  public StepDecay {
    Require.rate("step", "rate", rate);
    Require.positive("step", "size", size);
    Require.rate("step", "gamma", gamma);
  }

  @Override
  public double at(long step) {
    Require.step(step);
    return rate * Math.pow(gamma, step / size);
  }

  @Override
  public String toString() {
    return Schedules.format(this);
  }
}
