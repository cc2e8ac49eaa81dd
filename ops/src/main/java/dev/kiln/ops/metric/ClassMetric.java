package dev.kiln.ops.metric;

/** A metric about scores of classes against labels. */
public interface ClassMetric extends Metric {
  /**
   * Adds a batch.
   *
   * @param scores [n, classes] row by row: logits, or anything that grows with the likelihood
   * @param labels [n] classes from 0; rows with a negative label are left out
   * @throws dev.kiln.runtime.KilnException if the lengths don't fit or a label is no class
   */
  void update(float[] scores, int[] labels);
}
