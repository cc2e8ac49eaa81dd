package dev.kiln.ops.metric;

/** A metric about predicted numbers against true ones. */
public interface ValueMetric extends Metric {
  /**
   * Adds a batch.
   *
   * @param predicted [n]
   * @param targets [n]
   * @throws dev.kiln.runtime.KilnException if the lengths differ
   */
  void update(float[] predicted, float[] targets);
}
