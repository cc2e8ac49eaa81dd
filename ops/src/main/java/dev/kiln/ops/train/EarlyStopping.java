package dev.kiln.ops.train;

import dev.kiln.ops.checkpoint.StateReader;
import dev.kiln.ops.checkpoint.StateWriter;

/** Ends a run when validations have not become better for a while. */
public final class EarlyStopping implements Callback {
  private final String metric;
  private final boolean isLargerBetter;
  private final int patience;
  private final double least;
  private double best = Double.NaN;
  private int worse;

  /**
   * @param metric {@code loss}, or the name of another number of the validation
   * @param isLargerBetter as with accuracy
   * @param patience how many validations in a row may not be better
   * @param least a smaller change does not count as better
   */
  public EarlyStopping(String metric, boolean isLargerBetter, int patience, double least) {
    this.metric = metric;
    this.isLargerBetter = isLargerBetter;
    this.patience = patience;
    this.least = least;
  }

  @Override
  public void validated(Trainer trainer, Validation validation) {
    double value = validation.value(metric);
    double gain = isLargerBetter ? value - best : best - value;
    if (Double.isNaN(best) || gain > least) {
      best = value;
      worse = 0;
    } else if (++worse > patience) {
      trainer.stop(
          "%s has not become better than %.6g in %d validations".formatted(metric, best, worse));
    }
  }

  @Override
  public void save(StateWriter out) {
    out.value("best", Double.toString(best));
    out.value("worse", worse);
  }

  @Override
  public void load(StateReader in) {
    best = Double.parseDouble(in.value("best", String.class));
    worse = in.value("worse", Integer.class);
  }
}
