package dev.kiln.ops.metric;

import dev.kiln.runtime.KilnException;

/**
 * The part of rows whose label is among the {@code k} largest scores. Of equal scores the class
 * with the smaller number counts as larger. A label whose score is NaN is never among them.
 */
public final class Accuracy implements ClassMetric {
  private final int k;
  private long right;
  private long rows;

  private Accuracy(int k) {
    this.k = k;
  }

  /** Whether the largest score is that of the label. */
  public static Accuracy top1() {
    return new Accuracy(1);
  }

  /** Whether the label is among the {@code k} largest scores. */
  public static Accuracy top(int k) {
    if (k < 1) {
      throw new KilnException("top-k accuracy: k is " + k + "; it must be at least 1");
    }
    return new Accuracy(k);
  }

  @Override
  public String name() {
    return k == 1 ? "accuracy" : "top-" + k;
  }

  @Override
  public void update(float[] scores, int[] labels) {
    int classes = Rows.classes(name(), scores, labels);
    for (int row = 0; row < labels.length; row++) {
      if (labels[row] >= 0) {
        rows++;
        right += rank(scores, row, classes, labels[row]) < k ? 1 : 0;
      }
    }
  }

  private static int rank(float[] scores, int row, int classes, int label) {
    float own = scores[row * classes + label];
    if (Float.isNaN(own)) {
      return classes;
    }
    int larger = 0;
    for (int i = 0; i < classes; i++) {
      float score = scores[row * classes + i];
      larger += score > own || score == own && i < label ? 1 : 0;
    }
    return larger;
  }

  /** Rows that count. */
  public long rows() {
    return rows;
  }

  @Override
  public double value() {
    return rows == 0 ? Double.NaN : (double) right / rows;
  }

  @Override
  public void reset() {
    right = 0;
    rows = 0;
  }
}
