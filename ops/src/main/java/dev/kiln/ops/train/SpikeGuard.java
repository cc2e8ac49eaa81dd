package dev.kiln.ops.train;

import dev.kiln.ops.checkpoint.StateReader;
import dev.kiln.ops.checkpoint.StateWriter;
import dev.kiln.ops.checkpoint.Stateful;
import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.List;

/**
 * Notices losses far above those before: a batch that would throw the weights off is left out. The
 * loss must exceed the mean of the last ones by some of their standard deviations. Many in a row
 * are no spike but a new level, or the end of the run.
 */
public final class SpikeGuard implements Stateful {
  private final int window;
  private final double deviations;
  private final int mostInRow;
  private List<Double> recent = new ArrayList<>();
  private int inRow;
  private long spikes;

  /**
   * @param window how many losses are looked back at, at least 2; before as many were seen, none is
   *     a spike
   * @param deviations how many standard deviations above their mean a spike lies
   * @param mostInRow how many batches in a row may be left out
   */
  public SpikeGuard(int window, double deviations, int mostInRow) {
    if (window < 2 || !(deviations > 0) || mostInRow < 1) {
      throw new KilnException(
          "a guard needs a window of at least 2, deviations above 0 and at least 1 in a row: "
              + "%d, %s, %d".formatted(window, deviations, mostInRow));
    }
    this.window = window;
    this.deviations = deviations;
    this.mostInRow = mostInRow;
  }

  /** Batches that were left out so far. */
  public long spikes() {
    return spikes;
  }

  /**
   * Whether the batch with this loss should be left out.
   *
   * @throws KilnException if too many were left out in a row
   */
  public boolean isSpike(double loss) {
    if (recent.size() == window && !(loss <= limit())) {
      spikes++;
      if (++inRow > mostInRow) {
        throw new KilnException(
            "the loss has been above %.6g for %d batches, now %.6g: the run has diverged; lower the"
                    .formatted(limit(), inRow, loss)
                + " learning rate, clip gradients, or resume from an earlier checkpoint");
      }
      return true;
    }
    inRow = 0;
    recent.add(loss);
    if (recent.size() > window) {
      recent.removeFirst();
    }
    return false;
  }

  private double limit() {
    double mean = recent.stream().mapToDouble(Double::doubleValue).sum() / recent.size();
    double squares = recent.stream().mapToDouble(x -> (x - mean) * (x - mean)).sum();
    // A flat curve has no spread: a loss a thousandth above it is none either.
    double spread = Math.max(Math.sqrt(squares / recent.size()), 1e-3 * Math.abs(mean));
    return mean + deviations * spread;
  }

  @Override
  public void save(StateWriter out) {
    out.value("recent", recent);
    out.value("inRow", inRow);
    out.value("spikes", spikes);
  }

  @Override
  public void load(StateReader in) {
    recent = new ArrayList<>(List.of(in.value("recent", Double[].class)));
    inRow = in.value("inRow", Integer.class);
    spikes = in.value("spikes", Long.class);
  }
}
