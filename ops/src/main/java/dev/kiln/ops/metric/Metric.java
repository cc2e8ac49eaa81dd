package dev.kiln.ops.metric;

/** A number about all batches since the last reset. Not thread-safe. */
public interface Metric {
  /** What reports call it, such as {@code accuracy}. */
  String name();

  /** The value over all that was seen; NaN where nothing was, or where it is undefined. */
  double value();

  /** Forgets all that was seen. */
  void reset();
}
