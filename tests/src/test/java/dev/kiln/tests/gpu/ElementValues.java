package dev.kiln.tests.gpu;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.compiler.numeric.IntegerMath;
import java.util.SplittableRandom;
import java.util.stream.LongStream;

/** Bits of numbers at which arithmetic goes wrong, and of random ones. */
final class ElementValues {
  private ElementValues() {}

  /** Distinct numbers as {@link ElementKernel} takes them: integers sign-extended. */
  static long[] of(DType dtype, int random) {
    var source = new SplittableRandom(dtype.ordinal());
    if (dtype == DType.I1) {
      return new long[] {0, 1};
    }
    if (dtype.bits() == 8 && random > 100) {
      return LongStream.range(-128, 128).map(v -> dtype.isFloat() ? v & 0xff : v).toArray();
    }
    LongStream edges = dtype.isFloat() ? floats(dtype) : integers(dtype);
    return LongStream.concat(edges, LongStream.generate(() -> random(dtype, source)).limit(random))
        .map(bits -> held(dtype, bits))
        .distinct()
        .toArray();
  }

  /** So many that all pairs of them can be tried. */
  static long[] few(DType dtype) {
    long[] all = of(dtype, 40);
    int step = Math.max(1, all.length / 100);
    int[] index = {0};
    return LongStream.of(all).filter(value -> index[0]++ % step == 0 || value == 0).toArray();
  }

  private static long held(DType dtype, long bits) {
    return dtype.isFloat() ? IntegerMath.zeroExtend(dtype, bits) : IntegerMath.wrap(dtype, bits);
  }

  private static long random(DType dtype, SplittableRandom source) {
    if (dtype.isFloat() && dtype.bits() >= 32 && source.nextInt(3) > 0) {
      // Of a size that others of them meet.
      return FloatFormat.toBits(
          dtype, Math.scalb(source.nextDouble(-1, 1), source.nextInt(-6, 12)));
    }
    long bits = source.nextLong();
    return dtype.isFloat() ? bits : bits >> source.nextInt(64);
  }

  private static LongStream integers(DType dtype) {
    LongStream.Builder all = LongStream.builder();
    for (long value : new long[] {0, 1, 2, 3, 5, 7, 8, 15, 16, 24, 31, 32, 33, 63, 64, 65, 100}) {
      all.add(value).add(-value);
    }
    for (int bits = 7; bits <= 64; bits++) {
      all.add((1L << (bits - 1))).add((1L << (bits - 1)) - 1).add(-1L << (bits - 1));
    }
    return all.build();
  }

  private static LongStream floats(DType dtype) {
    LongStream.Builder all = LongStream.builder();
    long sign = 1L << (dtype.bits() - 1);
    double[] values = {
      0,
      1,
      1.5,
      2,
      3,
      0.5,
      0.1,
      1e-3,
      7,
      10,
      127,
      127.5,
      128,
      255,
      256,
      448,
      464,
      465,
      480,
      57344,
      61439,
      61440,
      65504,
      65519,
      65520,
      65536,
      1e-5,
      1e-7,
      2147483520.0,
      2147483647.0,
      2147483648.0,
      4294967295.0,
      4294967296.0,
      9.223372036854775e18,
      9.223372036854775807e18,
      1.8446744073709552e19,
      1e20,
      1e-38,
      1e-40,
      1e-45,
      3e38,
      1e300,
      1e-300,
      2.5,
      3.5,
      0.49999997,
      1e6,
      240,
      248,
      1.875,
      1.9375,
      Double.POSITIVE_INFINITY,
      Double.NaN,
      0x1p-24,
      0x1p-25,
      0x1.8p-24,
      0x1p-14,
      0x1p-149,
      0x1p-126
    };
    for (double value : values) {
      long bits = FloatFormat.toBits(dtype, value);
      all.add(bits).add(bits ^ sign).add(bits + 1).add(bits - 1);
    }
    return all.build();
  }

  /** All pairs: the first of each. */
  static long[] left(long[] values) {
    return LongStream.range(0, (long) values.length * values.length)
        .map(i -> values[(int) (i / values.length)])
        .toArray();
  }

  /** All pairs: the second of each. */
  static long[] right(long[] values) {
    return LongStream.range(0, (long) values.length * values.length)
        .map(i -> values[(int) (i % values.length)])
        .toArray();
  }
}
