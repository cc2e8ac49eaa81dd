package dev.kiln.ops.data;

/** How numbers are brought to a common size; see {@link Scaler}. */
public enum Scaling {
  /** As they are. */
  NONE,
  /** {@code (x - mean) / standard deviation}, the deviation being that of the whole population. */
  STANDARD,
  /** {@code (x - min) / (max - min)}: from 0 to 1. */
  MIN_MAX,
  /** {@code (x - mean) / (max - min)}. */
  MEAN,
  /** {@code (x - median) / (third quartile - first quartile)}: outliers have no part in it. */
  ROBUST
}
