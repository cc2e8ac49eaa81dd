package dev.kiln.kernels.elementwise;

import java.util.Locale;

/** Functions of one array, element by element. Integers know those that say so. */
public enum UnaryFunction {
  /** {@code x}, in {@code y}'s dtype, whatever both are. */
  COPY(true, true),
  /** {@code -x}; integers too. */
  NEG(true, true),
  /** {@code |x|}; the derivative at 0 is 0; integers too. */
  ABS(true, true),
  /** 1, -1, or {@code x} where it is 0 or NaN; integers too. */
  SIGN(true, false),
  /** {@code x x}; integers too. */
  SQUARE(true, true),
  SQRT(false, true),
  /** {@code 1 / sqrt(x)}. */
  RSQRT(false, true),
  /** {@code 1 / x}. */
  RECIPROCAL(false, true),
  EXP(false, true),
  EXP2(false, true),
  /** {@code exp(x) - 1} without cancellation near 0. */
  EXPM1(false, true),
  LOG(false, true),
  LOG2(false, true),
  /** {@code log(1 + x)} without cancellation near 0. */
  LOG1P(false, true),
  SIN(false, true),
  COS(false, true),
  ERF(false, true),
  FLOOR(false, false),
  CEIL(false, false),
  /** Towards zero. */
  TRUNC(false, false),
  /** To the nearest integer, ties to even. */
  ROUND(false, false),
  /** 1 or 0. */
  IS_NAN(false, false),
  /** 1 or 0. */
  IS_FINITE(false, false),
  /** 1 where {@code x} is 0, otherwise 0; integers too. */
  NOT(true, false);

  private final String kernelName = name().toLowerCase(Locale.ROOT);
  private final boolean ofIntegers;
  private final boolean hasGradient;

  UnaryFunction(boolean ofIntegers, boolean hasGradient) {
    this.ofIntegers = ofIntegers;
    this.hasGradient = hasGradient;
  }

  /** The constant that kernels know it by. */
  public String kernelName() {
    return kernelName;
  }

  /** Whether integers have it. */
  public boolean ofIntegers() {
    return ofIntegers;
  }

  /** Whether it has a gradient; that of the others is 0 wherever there is one. */
  public boolean hasGradient() {
    return hasGradient;
  }
}
