package dev.kiln.ops.schedule;

/**
 * Multiplies the rate by {@code factor} when a measured value has not improved more than {@code
 * patience} times in a row, as ReduceLROnPlateau of PyTorch.
 *
 * @param rate the rate before the first reduction
 * @param maximize whether larger values are better (an accuracy) or smaller ones (a loss)
 * @param factor above 0 and below 1
 * @param patience measurements without improvement that are borne
 * @param threshold what an improvement has to exceed, as a part of the best value, or with {@code
 *     absolute} as a difference
 * @param cooldown measurements that are ignored after a reduction
 * @param least the rate is never reduced below this
 * @param eps a reduction by less is not made
 */
public record ReduceOnPlateau(
    double rate,
    boolean maximize,
    double factor,
    long patience,
    double threshold,
    boolean absolute,
    long cooldown,
    double least,
    double eps)
    implements Schedule {

  /** With PyTorch's defaults, for a loss. */
  public ReduceOnPlateau(double rate) {
    this(rate, false, 0.1, 10, 1e-4, false, 0, 0, 1e-8);
  }

  public ReduceOnPlateau {
    Require.rate("plateau", "rate", rate);
    Require.positive("plateau", "factor", factor);
    if (factor >= 1) {
      throw Require.fault("plateau", "factor", factor, "must be below 1");
    }
    Require.notNegative("plateau", "patience", patience);
    Require.rate("plateau", "threshold", threshold);
    Require.notNegative("plateau", "cooldown", cooldown);
    Require.rate("plateau", "least", least);
    Require.rate("plateau", "eps", eps);
  }

  @Override
  public double at(long step) {
    Require.step(step);
    return rate;
  }

  @Override
  public double at(long step, PlateauState measured) {
    Require.step(step);
    return measured.rate();
  }

  @Override
  public PlateauState unmeasured() {
    double worst = maximize ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    return new PlateauState(rate, worst, 0, 0);
  }

  /** A metric that is no number is no improvement. */
  @Override
  public PlateauState measure(long step, PlateauState state, double metric) {
    boolean better = better(metric, state.best());
    double best = better ? metric : state.best();
    long bad = better ? 0 : state.bad() + 1;
    long cooling = state.cooldown();
    if (cooling > 0) {
      cooling--;
      bad = 0;
    }
    if (bad <= patience) {
      return new PlateauState(state.rate(), best, bad, cooling);
    }
    double reduced = Math.max(state.rate() * factor, least);
    double next = state.rate() - reduced > eps ? reduced : state.rate();
    return new PlateauState(next, best, 0, cooldown);
  }

  private boolean better(double metric, double best) {
    if (absolute) {
      return maximize ? metric > best + threshold : metric < best - threshold;
    }
    return maximize ? metric > best * (1 + threshold) : metric < best * (1 - threshold);
  }

  @Override
  public String toString() {
    return Schedules.format(this);
  }
}
