package dev.kiln.tests.benchmarks.training;

import java.util.Random;

/**
 * Numbers that need not be stored: offset + scale (2 u - 1) in fp32, where the u are what {@code
 * new Random(seed).nextFloat()} gives one after the other (the documentation of {@link Random} says
 * which numbers these are).
 */
public record Formula(long seed, float scale, float offset) {
  /** How many elements a shape has. */
  public static int count(long... shape) {
    long count = 1;
    for (long size : shape) {
      count *= size;
    }
    return Math.toIntExact(count);
  }

  /** The first so many. */
  public float[] values(int count) {
    var random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = offset + scale * (2 * random.nextFloat() - 1);
    }
    return values;
  }
}
