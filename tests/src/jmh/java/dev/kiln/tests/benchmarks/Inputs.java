package dev.kiln.tests.benchmarks;

import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Random numbers to compute with. */
public final class Inputs {
  private Inputs() {}

  public static float[] normal(long seed, int n) {
    var random = new SplittableRandom(seed);
    float[] values = new float[n];
    // A short pattern, repeated: making numbers must not take longer than measuring.
    int distinct = Math.min(n, 1 << 16);
    for (int i = 0; i < distinct; i++) {
      values[i] = (float) random.nextGaussian();
    }
    for (int i = distinct; i < n; i += distinct) {
      System.arraycopy(values, 0, values, i, Math.min(distinct, n - i));
    }
    return values;
  }

  public static NdArray normal(Device device, long seed, long... shape) {
    int n = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    return NdArray.of(device, normal(seed, n), shape);
  }
}
