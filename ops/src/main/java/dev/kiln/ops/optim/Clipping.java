package dev.kiln.ops.optim;

import dev.kiln.runtime.KilnException;

/**
 * What bounds gradients, after a loss scale is undone; gradients themselves are not written.
 *
 * @param norm the largest norm of all gradients together: above it they are scaled down to it
 *     (Pascanu et al., 2013); infinite for any
 * @param value the largest magnitude of each; infinite for any
 */
public record Clipping(double norm, double value) {
  /** Gradients as they are. */
  public static final Clipping NONE =
      new Clipping(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);

  public Clipping {
    above0("norm", norm);
    above0("value", value);
  }

  private static void above0(String what, double number) {
    if (!(number > 0)) {
      throw new KilnException(
          "clipping: the %s must be above 0, but is %s".formatted(what, number));
    }
  }

  public static Clipping byNorm(double norm) {
    return NONE.withNorm(norm);
  }

  public static Clipping byValue(double value) {
    return NONE.withValue(value);
  }

  public Clipping withNorm(double newNorm) {
    return new Clipping(newNorm, value);
  }

  public Clipping withValue(double newValue) {
    return new Clipping(norm, newValue);
  }

  boolean hasNorm() {
    return norm < Double.POSITIVE_INFINITY;
  }
}
