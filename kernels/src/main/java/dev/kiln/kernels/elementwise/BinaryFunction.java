package dev.kiln.kernels.elementwise;

import java.util.Locale;

/** Functions of two arrays, element by element. All but {@link #POW} are there for integers. */
public enum BinaryFunction {
  ADD(true),
  SUB(true),
  MUL(true),
  /** Integers divide towards zero. */
  DIV(true),
  /** {@code a} to the power of {@code b}; floats only. */
  POW(true),
  /** The larger one; NaN if one is NaN. Equal ones share the gradient. */
  MAX(true),
  /** The smaller one, likewise. */
  MIN(true),
  /** {@code alpha a + beta b}. */
  SCALE_ADD(true),
  /** 1 or 0, as the other comparisons. */
  EQ(false),
  NE(false),
  LT(false),
  LE(false),
  GT(false),
  GE(false),
  /** 1 where both are not 0, otherwise 0. */
  AND(false),
  /** 1 where one is not 0, otherwise 0. */
  OR(false);

  private final String kernelName = name().toLowerCase(Locale.ROOT);
  private final boolean hasGradient;

  BinaryFunction(boolean hasGradient) {
    this.hasGradient = hasGradient;
  }

  /** The constant that kernels know it by. */
  public String kernelName() {
    return kernelName;
  }

  public boolean hasGradient() {
    return hasGradient;
  }
}
