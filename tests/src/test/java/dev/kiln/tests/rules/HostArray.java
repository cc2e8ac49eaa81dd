package dev.kiln.tests.rules;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.SplittableRandom;

/** What an array holds before a launch. */
public record HostArray(DType dtype, double[] values, long[] shape) {
  /** What results hold before a kernel writes them. */
  private static final double UNWRITTEN = -77;

  /** Normally distributed numbers that the dtype holds. */
  public static HostArray normal(DType dtype, long seed, long... shape) {
    var random = new SplittableRandom(seed);
    double[] values = new double[size(shape)];
    Arrays.setAll(values, i -> random.nextGaussian());
    return new HostArray(dtype, Rounding.to(dtype).of(values), shape);
  }

  public static HostArray normal(long seed, long... shape) {
    return normal(DType.FP32, seed, shape);
  }

  /** Multiples of a quarter between -1 and 1: few of them are added without rounding. */
  public static HostArray quarters(DType dtype, long seed, long... shape) {
    var random = new SplittableRandom(seed);
    double[] values = new double[size(shape)];
    Arrays.setAll(values, i -> random.nextInt(-4, 5) / 4.0);
    return new HostArray(dtype, values, shape);
  }

  public static HostArray integers(DType dtype, long seed, int least, int end, long... shape) {
    var random = new SplittableRandom(seed);
    double[] values = new double[size(shape)];
    Arrays.setAll(values, i -> random.nextInt(least, end));
    return new HostArray(dtype, values, shape);
  }

  /** For results: a number that no kernel computes. */
  public static HostArray unwritten(DType dtype, long... shape) {
    return full(dtype, UNWRITTEN, shape);
  }

  public static HostArray unwritten(long... shape) {
    return unwritten(DType.FP32, shape);
  }

  public static HostArray zeros(DType dtype, long... shape) {
    return full(dtype, 0, shape);
  }

  private static HostArray full(DType dtype, double value, long... shape) {
    double[] values = new double[size(shape)];
    Arrays.fill(values, dtype == DType.FP8E4NV ? Math.rint(value / 8) * 8 : value);
    return new HostArray(dtype, values, shape);
  }

  public HostArray with(DType newDType) {
    return new HostArray(newDType, values, shape);
  }

  NdArray on(Device device) {
    return NdArray.of(device, dtype, values, shape);
  }

  private static int size(long... shape) {
    return (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
  }
}
