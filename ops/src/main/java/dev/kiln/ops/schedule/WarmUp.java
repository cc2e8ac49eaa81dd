package dev.kiln.ops.schedule;

import dev.kiln.runtime.KilnException;

/**
 * A straight line from {@code start} to the first rate of another schedule, which then runs from
 * its own step 0: {@code start + (end - start) e/steps} for {@code e < steps}, and exactly {@code
 * end = after.at(0)} at {@code e = steps}. Goyal et al., "Accurate, Large Minibatch SGD" (2017),
 * 2.2.
 */
public record WarmUp(long steps, double start, Schedule after) implements Schedule {
  public WarmUp {
    Require.notNegative("warmup", "steps", steps);
    Require.rate("warmup", "start", start);
    if (after instanceof WarmUp) {
      throw new KilnException("schedule warmup: a warm-up before a warm-up");
    }
  }

  @Override
  public double at(long step) {
    return at(step, unmeasured());
  }

  @Override
  public double at(long step, PlateauState measured) {
    Require.step(step);
    return step < steps
        ? start + (after.at(0) - start) * step / steps
        : after.at(step - steps, measured);
  }

  @Override
  public PlateauState unmeasured() {
    return after.unmeasured();
  }

  /** What is measured while the rate still rises tells nothing of a plateau and does not count. */
  @Override
  public PlateauState measure(long step, PlateauState state, double metric) {
    return step < steps ? state : after.measure(step - steps, state, metric);
  }

  @Override
  public String toString() {
    return Schedules.format(this);
  }
}
