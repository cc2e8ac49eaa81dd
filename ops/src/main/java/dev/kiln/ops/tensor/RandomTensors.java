package dev.kiln.ops.tensor;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reference.Philox;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.function.LongToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Random tensors. The numbers are made on the host, by the generator that kernels use: the same
 * bits on every device, which kernels' logarithms and cosines would not promise. Number {@code i}
 * of a tensor depends on the seed and on counter {@code offset + i} alone.
 */
final class RandomTensors {
  private static final double TO_UNIT = 0x1p-32;

  private RandomTensors() {}

  private static Tensor draw(
      Context context, DType dtype, LongToDoubleFunction number, long... shape) {
    int count = Axes.count("random numbers", shape);
    long offset = context.random().take(count);
    // Each number has its own counter, so the order in which they are made does not matter.
    if (dtype == DType.FP32) {
      float[] values = new float[count];
      IntStream.range(0, count)
          .parallel()
          .forEach(i -> values[i] = (float) number.applyAsDouble(offset + i));
      return context.of(values, shape);
    }
    double[] values = new double[count];
    Arrays.parallelSetAll(values, i -> number.applyAsDouble(offset + i));
    return context.of(dtype, values, shape);
  }

  /** What kernels draw by {@code tl.rand}: from 0 (inclusive) to 1 (exclusive). */
  private static double unit(long seed, long index) {
    return Philox.uniform(seed, index);
  }

  static Tensor uniform(Context context, DType dtype, double low, double high, long... shape) {
    if (!(low <= high)) {
      throw new KilnException(
          "uniform: the bounds %s and %s are not in order".formatted(low, high));
    }
    Elementwise.requireFloat("uniform", dtype);
    long seed = context.random().seed();
    return draw(context, dtype, i -> low + (high - low) * unit(seed, i), shape);
  }

  static Tensor normal(Context context, DType dtype, long... shape) {
    Elementwise.requireFloat("randn", dtype);
    long seed = context.random().seed();
    return draw(context, dtype, i -> normal(seed, i), shape);
  }

  /** Box and Muller, 1958; of StrictMath, for the same bits on every machine. */
  private static double normal(long seed, long index) {
    int[] block = Philox.block(seed, (int) index, (int) (index >>> 32), 0, 0);
    double first = (Integer.toUnsignedLong(block[0]) + 0.5) * TO_UNIT;
    double second = (Integer.toUnsignedLong(block[1]) + 0.5) * TO_UNIT;
    return Math.sqrt(-2 * StrictMath.log(first)) * StrictMath.cos(2 * Math.PI * second);
  }

  static Tensor bernoulli(Context context, DType dtype, double p, long... shape) {
    if (!(p >= 0 && p <= 1)) {
      throw new KilnException("bernoulli: p must be from 0 to 1, but is " + p);
    }
    long seed = context.random().seed();
    return draw(context, dtype, i -> unit(seed, i) < p ? 1 : 0, shape);
  }

  static Tensor integers(Context context, long low, long high, long... shape) {
    if (low >= high || high - low > 1L << 32 || high - low < 0) {
      throw new KilnException(
          "randint: there must be 1 to 2^32 numbers from %d to %d".formatted(low, high));
    }
    long seed = context.random().seed();
    return draw(context, DType.I64, i -> low + below(high - low, seed, i), shape);
  }

  /** From 0 to {@code bound - 1}, by the high half of a product (Lemire, 2019). */
  private static long below(long bound, long seed, long index) {
    int[] block = Philox.block(seed, (int) index, (int) (index >>> 32), 0, 0);
    long bits = Integer.toUnsignedLong(block[0]) << 32 | Integer.toUnsignedLong(block[1]);
    return Math.unsignedMultiplyHigh(bits, bound);
  }

  static Tensor permutation(Context context, int count) {
    Axes.count("randperm", count);
    long seed = context.random().seed();
    long offset = context.random().take(count);
    long[] order = new long[count];
    Arrays.setAll(order, i -> i);
    for (int i = count - 1; i > 0; i--) {
      int other = (int) below(i + 1, seed, offset + i);
      long swapped = order[i];
      order[i] = order[other];
      order[other] = swapped;
    }
    return context.of(order, count);
  }

  static Tensor multinomial(Tensor weights, int count, boolean withReplacement) {
    if (weights.rank() < 1 || weights.rank() > 2 || count < 1) {
      throw new KilnException(
          "multinomial: %s must be a vector or a matrix, and %d at least 1"
              .formatted(weights, count));
    }
    Context context = weights.context();
    int columns = Math.toIntExact(weights.dim(-1));
    Axes.count("multinomial", weights.rank() == 1 ? 1 : weights.dim(0), count);
    double[] all = weights.toDoubles();
    int rows = columns == 0 ? 0 : all.length / columns;
    long seed = context.random().seed();
    long offset = context.random().take((long) rows * count);
    long[] drawn = new long[rows * count];
    for (int row = 0; row < rows; row++) {
      double[] left = Arrays.copyOfRange(all, row * columns, (row + 1) * columns);
      for (int i = 0; i < count; i++) {
        int at = row * count + i;
        int index = draw(weights, left, unit(seed, offset + at));
        drawn[at] = index;
        left[index] = withReplacement ? left[index] : 0;
      }
    }
    return weights.rank() == 1 ? context.of(drawn, count) : context.of(drawn, rows, count);
  }

  /** The index at a part of the sum of weights. */
  private static int draw(Tensor weights, double[] left, double part) {
    double sum = 0;
    for (double weight : left) {
      if (!(weight >= 0) || Double.isInfinite(weight)) {
        throw new KilnException(
            "multinomial: weights must be finite and not negative, but %s has %s"
                .formatted(weights, weight));
      }
      sum += weight;
    }
    if (sum == 0) {
      throw new KilnException(
          "multinomial: a row of " + weights + " has too few weights above 0 to draw from");
    }
    double target = part * sum;
    int last = 0;
    for (int i = 0; i < left.length; i++) {
      last = left[i] > 0 ? i : last;
      target -= left[i];
      if (target < 0 && left[i] > 0) {
        return i;
      }
    }
    return last;
  }
}
