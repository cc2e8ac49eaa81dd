package dev.kiln.ops.metric;

import dev.kiln.runtime.KilnException;

/** Rows of scores, checked against their labels. */
final class Rows {
  private Rows() {}

  /** The number of classes: columns of scores [n, classes] for labels [n]; 0 for no rows. */
  static int classes(String metric, float[] scores, int[] labels) {
    if (labels.length == 0 ? scores.length != 0 : scores.length % labels.length != 0) {
      throw new KilnException(
          "%s: %d scores for %d labels; scores are [n, classes], labels [n]"
              .formatted(metric, scores.length, labels.length));
    }
    int classes = labels.length == 0 ? 0 : scores.length / labels.length;
    for (int i = 0; i < labels.length; i++) {
      label(metric, labels[i], classes, i);
    }
    return classes;
  }

  static void label(String metric, int label, int classes, int row) {
    if (label >= classes) {
      throw new KilnException(
          "%s: label %d of row %d; classes are 0 to %d".formatted(metric, label, row, classes - 1));
    }
  }

  static void sameLength(String metric, int predicted, int targets) {
    if (predicted != targets) {
      throw new KilnException(
          "%s: %d predictions for %d targets; both are [n]".formatted(metric, predicted, targets));
    }
  }

  /** The first of the largest scores of a row; NaN is never the largest. */
  static int largest(float[] scores, int row, int classes) {
    int best = 0;
    float high = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < classes; i++) {
      float score = scores[row * classes + i];
      if (score > high) {
        high = score;
        best = i;
      }
    }
    return best;
  }
}
