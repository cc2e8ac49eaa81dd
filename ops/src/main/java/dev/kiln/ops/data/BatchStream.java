package dev.kiln.ops.data;

/**
 * Walks through the batches of a {@link BatchPlan}, epoch after epoch without an end. For one
 * thread.
 *
 * @param <B> a batch
 */
public interface BatchStream<B> extends AutoCloseable {
  /** The plan that is walked through. */
  BatchPlan<B> plan();

  /** The next batch; after the last of an epoch comes the first of the next. */
  B next();

  /** Of the batch that {@link #next} will return. */
  Position position();

  /**
   * Goes on at a position.
   *
   * @throws dev.kiln.runtime.KilnException if the plan has no such batch
   */
  void restore(Position position);

  /** Stops what runs in the background. */
  @Override
  void close();
}
