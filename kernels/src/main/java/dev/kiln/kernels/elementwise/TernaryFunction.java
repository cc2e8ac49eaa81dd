package dev.kiln.kernels.elementwise;

import java.util.Locale;

/** Functions of three arrays or numbers, element by element. */
public enum TernaryFunction {
  /** {@code b} where {@code a} is not 0, otherwise {@code c}. */
  WHERE,
  /** {@code a b + c}. */
  MULTIPLY_ADD,
  /** {@code a}, at least {@code b}, at most {@code c}; NaN stays NaN. */
  CLAMP,
  /** {@code a + c (b - a)}. */
  LERP;

  private final String kernelName = name().toLowerCase(Locale.ROOT);

  /** The constant that kernels know it by. */
  public String kernelName() {
    return kernelName;
  }
}
