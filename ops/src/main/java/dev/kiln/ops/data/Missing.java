package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;

/**
 * What becomes of missing cells of a column.
 *
 * @param value what stands in for them if the policy is {@code CONSTANT}, else empty
 */
public record Missing(Policy policy, String value) {
  /** What stands in for a missing cell, measured on the training part. */
  public enum Policy {
    /** Nothing: the table is refused. */
    REFUSED,
    /** Nothing: the row is left out, when encoding, too. */
    ROW_DROPPED,
    /** The mean; of numbers only. */
    MEAN,
    /** The median; of numbers only. */
    MEDIAN,
    /** The most frequent value, of equals the lowest. */
    MOST_FREQUENT,
    /** A given value. */
    CONSTANT
  }

  public static final Missing REFUSED = new Missing(Policy.REFUSED, "");
  public static final Missing ROW_DROPPED = new Missing(Policy.ROW_DROPPED, "");
  public static final Missing MEAN = new Missing(Policy.MEAN, "");
  public static final Missing MEDIAN = new Missing(Policy.MEDIAN, "");
  public static final Missing MOST_FREQUENT = new Missing(Policy.MOST_FREQUENT, "");

  public Missing {
    if ((policy == Policy.CONSTANT) == value.isEmpty()) {
      throw new KilnException("a value for missing cells belongs to the policy CONSTANT alone");
    }
  }

  /** A given number or category. */
  public static Missing constant(String value) {
    return new Missing(Policy.CONSTANT, value);
  }
}
