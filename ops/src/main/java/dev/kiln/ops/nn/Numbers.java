package dev.kiln.ops.nn;

import dev.kiln.kernels.reference.Philox;
import dev.kiln.ops.tensor.RandomState;

/**
 * Random numbers on the host, by Philox from counters of a {@link RandomState}: the same state
 * gives the same numbers on every machine.
 */
public final class Numbers {
  /** Keeps these apart from what kernels draw from the same counters. */
  private static final int STREAM = 0x494E4954;

  private static final double STEP = 0x1p-32;

  private final RandomState random;

  public Numbers(RandomState random) {
    this.random = random;
  }

  /** Even between 0 and 1, without both. */
  public double[] uniform(int count) {
    double[] values = new double[count];
    long first = random.take(Math.ceilDiv(count, 4));
    for (int i = 0; i < count; i += 4) {
      int[] block = block(first + i / 4, 0);
      for (int j = 0; j < 4 && i + j < count; j++) {
        values[i + j] = unit(block[j]);
      }
    }
    return values;
  }

  /** Of mean 0 and variance 1, by Box and Muller. */
  public double[] normal(int count) {
    double[] values = new double[count];
    long first = random.take(Math.ceilDiv(count, 4));
    double[] four = new double[4];
    for (int i = 0; i < count; i += 4) {
      normal(block(first + i / 4, 0), four);
      System.arraycopy(four, 0, values, i, Math.min(4, count - i));
    }
    return values;
  }

  /** Of mean 0 and variance 1 before what lies beyond the bounds is drawn again. */
  public double[] truncatedNormal(int count, double low, double high) {
    double[] values = new double[count];
    long first = random.take(count);
    double[] four = new double[4];
    for (int i = 0; i < count; i++) {
      values[i] = Double.NaN;
      for (int round = 1; Double.isNaN(values[i]); round++) {
        normal(block(first + i, round), four);
        for (int j = 3; j >= 0; j--) {
          values[i] = four[j] >= low && four[j] <= high ? four[j] : values[i];
        }
      }
    }
    return values;
  }

  private static void normal(int[] block, double[] four) {
    for (int j = 0; j < 4; j += 2) {
      double radius = StrictMath.sqrt(-2 * StrictMath.log(unit(block[j])));
      double angle = 2 * Math.PI * unit(block[j + 1]);
      four[j] = radius * StrictMath.cos(angle);
      four[j + 1] = radius * StrictMath.sin(angle);
    }
  }

  private int[] block(long counter, int round) {
    return Philox.block(random.seed(), (int) counter, (int) (counter >>> 32), STREAM, round);
  }

  private static double unit(int bits) {
    return (Integer.toUnsignedLong(bits) + 0.5) * STEP;
  }
}
