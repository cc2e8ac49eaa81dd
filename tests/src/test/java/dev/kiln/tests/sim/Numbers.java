package dev.kiln.tests.sim;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reference.Rounding;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Random inputs, the same for the same seed. */
final class Numbers {
  private Numbers() {}

  /** Normally distributed numbers that the dtype holds. */
  static double[] normal(DType dtype, long seed, int n) {
    var random = new SplittableRandom(seed);
    double[] values = IntStream.range(0, n).mapToDouble(i -> random.nextGaussian()).toArray();
    return dtype == DType.FP64 ? values : Rounding.to(dtype).of(values);
  }

  /** Evenly distributed numbers that the dtype holds. */
  static double[] uniform(DType dtype, long seed, int n, double least, double end) {
    var random = new SplittableRandom(seed);
    double[] values =
        IntStream.range(0, n).mapToDouble(i -> random.nextDouble(least, end)).toArray();
    return dtype == DType.FP64 ? values : Rounding.to(dtype).of(values);
  }

  /** Integers from {@code least} (inclusive) to {@code end} (exclusive). */
  static int[] ints(long seed, int n, int least, int end) {
    var random = new SplittableRandom(seed);
    return IntStream.range(0, n).map(i -> random.nextInt(least, end)).toArray();
  }

  /** All bits random. */
  static int[] bits(long seed, int n) {
    var random = new SplittableRandom(seed);
    return IntStream.range(0, n).map(i -> random.nextInt()).toArray();
  }

  static double[] doubles(int... values) {
    return IntStream.of(values).asDoubleStream().toArray();
  }
}
