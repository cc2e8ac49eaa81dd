package dev.kiln.ops.profile;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Function;

/** Numbers of an input before they are rounded to its dtype. */
@FunctionalInterface
interface Fill {
  /** Normally distributed. */
  Fill NORMAL = (random, count, before) -> filled(count, i -> random.nextGaussian());

  /** From 0 up to 1. */
  Fill UNIFORM = (random, count, before) -> filled(count, i -> random.nextDouble());

  Fill ZEROS = (random, count, before) -> new double[count];

  /**
   * @param random of this input alone
   * @param before the inputs that stand before this one
   */
  double[] of(SplittableRandom random, int count, CaseInputs before);

  /** Integers from 0 up to a size, without it. */
  static Fill below(String size) {
    return (random, count, before) -> {
      int end = before.size(size);
      return filled(count, i -> random.nextInt(end));
    };
  }

  /** What follows from other inputs. */
  static Fill from(Function<CaseInputs, double[]> function) {
    return (random, count, before) -> function.apply(before);
  }

  private static double[] filled(int count, java.util.function.IntToDoubleFunction f) {
    double[] values = new double[count];
    Arrays.setAll(values, f);
    return values;
  }
}
