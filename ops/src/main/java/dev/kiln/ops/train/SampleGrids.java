package dev.kiln.ops.train;

import dev.kiln.ops.model.AdversarialNetworks;
import dev.kiln.ops.report.Picture;
import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Shows in the report of a run what a generator of grey images makes of the same random numbers as
 * training goes on.
 */
public final class SampleGrids implements Callback {
  private final RunRecorder recorder;
  private final AdversarialNetworks networks;
  private final long every;
  private final int columns;
  private final float[] numbers;

  /**
   * @param recorder of the run
   * @param networks whose samples are {@code 1 x size x size} numbers from -1, black, to 1
   * @param every steps between grids
   * @param columns and rows of a grid
   */
  public SampleGrids(RunRecorder recorder, AdversarialNetworks networks, long every, int columns) {
    if (every < 1 || columns < 1) {
      throw new KilnException(
          "sample grids come every 1 or more steps, not %d, with 1 or more columns, not %d"
              .formatted(every, columns));
    }
    this.recorder = recorder;
    this.networks = networks;
    this.every = every;
    this.columns = columns;
    numbers = new float[columns * columns * networks.latent()];
    // Of its own: showing samples must not change the run.
    var random = new SplittableRandom(0);
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
  }

  @Override
  public void stepped(Trainer trainer, StepReport report) {
    if (report.step() % every == 0) {
      recorder.log().grid(report.step(), "samples", grid());
    }
  }

  /** What the generator makes now. */
  public Picture grid() {
    float[] values = networks.generate(numbers);
    int size = values.length / (columns * columns);
    int side = (int) Math.round(Math.sqrt(size));
    List<Picture> pictures = new ArrayList<>();
    for (int from = 0; from < values.length; from += size) {
      float[] one = Arrays.copyOfRange(values, from, from + size);
      pictures.add(Picture.of(one, 1, side, side, -1, 1));
    }
    return Picture.grid(pictures, columns);
  }
}
