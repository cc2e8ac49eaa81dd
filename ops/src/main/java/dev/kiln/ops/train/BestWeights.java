package dev.kiln.ops.train;

import dev.kiln.ops.checkpoint.StateReader;
import dev.kiln.ops.checkpoint.StateWriter;
import dev.kiln.ops.checkpoint.Weights;
import dev.kiln.ops.tensor.Mode;
import java.nio.file.Path;
import java.util.Map;

/** Writes the weights after each validation that is better than all before it. */
public final class BestWeights implements Callback {
  private final Path file;
  private final String metric;
  private final boolean isLargerBetter;
  private double best = Double.NaN;

  /**
   * @param metric {@code loss}, or the name of another number of the validation
   * @param isLargerBetter as with accuracy
   */
  public BestWeights(Path file, String metric, boolean isLargerBetter) {
    this.file = file;
    this.metric = metric;
    this.isLargerBetter = isLargerBetter;
  }

  /** The best value so far; NaN before the first validation. */
  public double best() {
    return best;
  }

  @Override
  public void validated(Trainer trainer, Validation validation) {
    double value = validation.value(metric);
    if (Double.isNaN(best) || (isLargerBetter ? value > best : value < best)) {
      best = value;
      try (Mode _ = trainer.workload().evaluated()) {
        Weights.save(
            file,
            trainer.workload().model(),
            Map.of("step", Long.toString(validation.step()), metric, Double.toString(value)));
      }
    }
  }

  @Override
  public void save(StateWriter out) {
    out.value("best", Double.toString(best));
  }

  @Override
  public void load(StateReader in) {
    best = Double.parseDouble(in.value("best", String.class));
  }
}
