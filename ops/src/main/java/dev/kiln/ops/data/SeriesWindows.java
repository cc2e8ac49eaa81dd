package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;

/**
 * Windows of a time series: some frames, {@code history x features}, and what one feature is in the
 * frames that follow.
 *
 * @param series {@code frames x features}
 * @param history frames that a model sees
 * @param horizon frames that it shall tell
 * @param stride frames from one window to the next
 * @param told which feature it shall tell, from 0
 */
public record SeriesWindows(
    float[] series, int features, int history, int horizon, int stride, int told)
    implements Dataset<Sample> {
  public SeriesWindows {
    if (features < 1 || series.length % features != 0 || told < 0 || told >= features) {
      throw new KilnException(
          "%,d numbers are no series of %d features with a feature %d"
              .formatted(series.length, features, told));
    }
    if (history < 1 || horizon < 1 || stride < 1) {
      throw new KilnException(
          "history, horizon and stride must be at least 1, not %d, %d and %d"
              .formatted(history, horizon, stride));
    }
    if (series.length / features < history + horizon) {
      throw new KilnException(
          "a series of %,d frames is shorter than a window of %d and %d"
              .formatted(series.length / features, history, horizon));
    }
  }

  @Override
  public int size() {
    return (series.length / features - history - horizon) / stride + 1;
  }

  @Override
  public Sample get(int index) {
    Dataset.requireIndex(index, size());
    int start = index * stride;
    float[] seen = new float[history * features];
    System.arraycopy(series, start * features, seen, 0, seen.length);
    float[] next = new float[horizon];
    for (int i = 0; i < horizon; i++) {
      next[i] = series[(start + history + i) * features + told];
    }
    return new Sample(seen, new int[] {history, features}, new Target.OfNumbers(next));
  }
}
