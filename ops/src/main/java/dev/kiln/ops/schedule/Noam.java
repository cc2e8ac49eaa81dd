package dev.kiln.ops.schedule;

/**
 * {@code rate width^-0.5 min(e^-0.5, e warmUp^-1.5)}: rises for {@code warmUp} steps, then falls
 * with the root of the step; 0 at step 0. Vaswani et al., "Attention Is All You Need" (2017), 5.3.
 *
 * @param rate a factor, 1 in the paper
 * @param width the width of the model
 */
public record Noam(double rate, long width, long warmUp) implements Schedule {
  public Noam {
    Require.rate("noam", "rate", rate);
    Require.positive("noam", "width", width);
    Require.positive("noam", "warmup", warmUp);
  }

  @Override
  public double at(long step) {
    Require.step(step);
    double rising = step * Math.pow(warmUp, -1.5);
    // The root at 0 is infinite and loses against 0.
    return rate / Math.sqrt(width) * Math.min(1 / Math.sqrt(step), rising);
  }

  @Override
  public String toString() {
    return Schedules.format(this);
  }
}
