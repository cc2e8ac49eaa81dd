package dev.kiln.kernels.reduction;

/** What becomes of the numbers along the reduced axes. */
public enum Reduction {
  SUM("none", "sum", "sum"),
  MEAN("none", "sum", "sum"),
  /** The product; no gradient. */
  PROD("none", "prod", null),
  /** The largest; NaN if there is one. {@link Extremes} has its gradient. */
  MAX("none", "max", null),
  /** The smallest; NaN if there is one. */
  MIN("none", "min", null),
  /** 1 if a number is not 0, otherwise 0. */
  ANY("nonzero", "max", null),
  /** 1 if no number is 0, otherwise 0. */
  ALL("nonzero", "min", null),
  /** The sum of magnitudes; the gradient at 0 is 0. */
  L1("abs", "sum", "l1"),
  /** The root of the sum of squares; the gradient of a norm of 0 is 0. */
  L2("square", "sum", "l2"),
  SUM_SQUARES("square", "sum", "sum_squares"),
  /** The largest magnitude. */
  MAX_NORM("abs", "max", null),
  /** {@code log(sum(exp(x)))} without overflow. */
  LOG_SUM_EXP("none", "logsumexp", "logsumexp");

  private final String map;
  private final String combine;
  private final String gradient;

  Reduction(String map, String combine, String gradient) {
    this.map = map;
    this.combine = combine;
    this.gradient = gradient;
  }

  /** Whether {@link Reductions#backward} has it. */
  public boolean hasGradient() {
    return gradient != null;
  }

  String map() {
    return map;
  }

  String combine() {
    return combine;
  }

  String gradient() {
    return gradient;
  }

  boolean isTruth() {
    return this == ANY || this == ALL;
  }

  boolean isOfFloats() {
    return this == MEAN || this == L2 || this == LOG_SUM_EXP;
  }

  /** Whether no numbers have a result. */
  boolean hasNeutral() {
    return this != MAX && this != MIN && this != MAX_NORM;
  }
}
