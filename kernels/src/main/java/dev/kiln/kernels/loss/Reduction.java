package dev.kiln.kernels.loss;

/** What becomes of many losses. */
public enum Reduction {
  /** Each is wanted. */
  NONE,
  /** Their sum. */
  SUM,
  /** Their sum by their number. */
  MEAN,
  /** Their sum by the extent of the first axis. */
  BATCH_MEAN
}
