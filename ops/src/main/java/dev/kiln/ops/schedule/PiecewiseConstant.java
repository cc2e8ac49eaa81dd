package dev.kiln.ops.schedule;

import dev.kiln.runtime.KilnException;
import java.util.List;

/**
 * One rate between any two boundaries. At a boundary the new rate already holds, as at a milestone
 * of {@link MultiStep}.
 *
 * @param rates one more than boundaries
 * @param boundaries steps, rising
 */
public record PiecewiseConstant(List<Double> rates, List<Long> boundaries) implements Schedule {
  public PiecewiseConstant {
    rates = List.copyOf(rates);
    boundaries = List.copyOf(boundaries);
    for (double rate : rates) {
      Require.rate("piecewise", "rates", rate);
    }
    Require.rising("piecewise", "boundaries", boundaries);
    if (rates.size() != boundaries.size() + 1) {
      throw new KilnException(
          "schedule piecewise: %d rates and %d boundaries; it needs one rate more than boundaries"
              .formatted(rates.size(), boundaries.size()));
    }
  }

  @Override
  public double at(long step) {
    Require.step(step);
    int piece = 0;
    while (piece < boundaries.size() && step >= boundaries.get(piece)) {
      piece++;
    }
    return rates.get(piece);
  }

  @Override
  public String toString() {
    return Schedules.format(this);
  }
}
