package dev.kiln.ops.schedule;

/**
 * A rise from {@code rate/divisor} to {@code rate}, then a fall to {@code rate/(divisor
 * finalDivisor)}, as OneCycleLR of PyTorch. Past the last step the last rate stays. Smith and
 * Topin, "Super-Convergence" (2018).
 *
 * @param rate the highest rate
 * @param steps steps of the whole cycle; its last step is {@code steps - 1}
 * @param rise the part of the cycle in which the rate rises, above 0 and below 1
 * @param linear along straight lines instead of half waves
 * @param threePhases falls first to where it rose from, in as many steps, and from there on to the
 *     end
 */
public record OneCycle(
    double rate,
    long steps,
    double rise,
    double divisor,
    double finalDivisor,
    boolean linear,
    boolean threePhases)
    implements Schedule {

  /** With PyTorch's defaults: 0.3 of the steps rise, from 1/25, down to 1/250,000; half waves. */
  public OneCycle(double rate, long steps) {
    this(rate, steps, 0.3, 25, 1e4, false, false);
  }

  public OneCycle {
    Require.rate("onecycle", "rate", rate);
    Require.positive("onecycle", "steps", steps);
    Require.positive("onecycle", "divisor", divisor);
    Require.positive("onecycle", "final", finalDivisor);
    if (!(rise > 0 && rise < 1)) {
      throw Require.fault("onecycle", "rise", rise, "must be above 0 and below 1");
    }
    if (threePhases && rise >= 0.5) {
      throw Require.fault("onecycle", "rise", rise, "must be below 0.5 with three phases");
    }
  }

  @Override
  public double at(long step) {
    Require.step(step);
    double first = rate / divisor;
    return along(step, first, rate, first, first / finalDivisor);
  }

  /**
   * The momentum that goes with the rate: falls from {@code max} to {@code base} while the rate
   * rises, and comes back. PyTorch takes 0.85 and 0.95.
   */
  public double momentum(long step, double base, double max) {
    Require.step(step);
    return along(step, max, base, max, max);
  }

  /** The phases end at fractional steps. */
  private double along(long step, double first, double top, double middle, double last) {
    double end = steps - 1.0;
    double risen = rise * steps - 1;
    if (risen > 0 && step <= risen) {
      return anneal(first, top, step / risen);
    }
    double fallen = 2 * rise * steps - 2;
    boolean falls = threePhases && fallen > risen;
    if (falls && step <= fallen) {
      return anneal(top, middle, (step - risen) / (fallen - risen));
    }
    double from = falls ? fallen : risen;
    double done = step >= end ? 1 : (step - from) / (end - from);
    return anneal(falls ? middle : top, last, done);
  }

  private double anneal(double from, double to, double done) {
    return linear ? from + (to - from) * done : Cosine.between(from, to, done);
  }

  @Override
  public String toString() {
    return Schedules.format(this);
  }
}
