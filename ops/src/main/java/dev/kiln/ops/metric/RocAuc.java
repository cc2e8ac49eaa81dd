package dev.kiln.ops.metric;

import dev.kiln.runtime.KilnException;
import java.util.Arrays;

/**
 * The area under the receiver operating characteristic: how probably a positive row scores above a
 * negative one, ties half. Keeps every score: 4 bytes a row.
 */
public final class RocAuc implements Metric {
  private float[] scores = new float[64];
  private int rows;
  private int positives;

  @Override
  public String name() {
    return "roc auc";
  }

  /**
   * Adds a batch.
   *
   * @param newScores [n], larger for a likelier positive; not NaN
   * @param labels [n], 1 for positive and 0 for negative
   */
  public void update(float[] newScores, int[] labels) {
    Rows.sameLength(name(), newScores.length, labels.length);
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] != 0 && labels[i] != 1 || Float.isNaN(newScores[i])) {
        throw new KilnException(
            "roc auc: row %d has label %d and score %s; labels are 0 or 1, scores are numbers"
                .formatted(i, labels[i], newScores[i]));
      }
    }
    for (int i = 0; i < labels.length; i++) {
      add(newScores[i], labels[i] == 1);
    }
  }

  /** Positives fill from the front, negatives from the back. */
  private void add(float score, boolean positive) {
    if (rows == scores.length) {
      float[] larger = new float[2 * rows];
      System.arraycopy(scores, 0, larger, 0, positives);
      System.arraycopy(scores, positives, larger, rows + positives, rows - positives);
      scores = larger;
    }
    rows++;
    int place = positive ? positives++ : scores.length - (rows - positives);
    // Adding 0 makes -0 equal 0 for the sort too.
    scores[place] = score + 0f;
  }

  @Override
  public double value() {
    int negatives = rows - positives;
    if (positives == 0 || negatives == 0) {
      return Double.NaN;
    }
    float[] high = Arrays.copyOf(scores, positives);
    float[] low = Arrays.copyOfRange(scores, scores.length - negatives, scores.length);
    Arrays.sort(high);
    Arrays.sort(low);
    long halves = 0;
    int below = 0;
    int notAbove = 0;
    for (float score : high) {
      while (below < negatives && low[below] < score) {
        below++;
      }
      while (notAbove < negatives && low[notAbove] <= score) {
        notAbove++;
      }
      halves += below + notAbove;
    }
    return halves / 2.0 / positives / negatives;
  }

  @Override
  public void reset() {
    rows = 0;
    positives = 0;
  }
}
