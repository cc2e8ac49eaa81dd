package dev.kiln.tests.kernels;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Images of {@code N x C x ...}, in memory like that or with neighbouring channels.
 *
 * @param size along each axis of space
 */
record Images(int n, int channels, List<Integer> size, DType dtype, boolean channelsLast) {
  Images ofSize(List<Integer> newSize) {
    return new Images(n, channels, newSize, dtype, channelsLast);
  }

  Images of(DType newDType) {
    return new Images(n, channels, size, newDType, channelsLast);
  }

  /** How many numbers. */
  int count() {
    return size.stream().reduce(n * channels, (a, b) -> a * b);
  }

  double[] normal(long seed) {
    return Cases.normal(dtype, seed, count());
  }

  NdArray unset(Device device) {
    return ordered(Cases.unset(device, dtype, shapeInMemory()));
  }

  /** Uninitialised integers. */
  NdArray integers(Device device) {
    return ordered(NdArray.full(device, DType.I32, -7, shapeInMemory()));
  }

  /** From numbers in the order of the axes. */
  NdArray array(Device device, double[] values) {
    if (!channelsLast) {
      return NdArray.of(device, dtype, values, shapeInMemory());
    }
    int space = values.length / Math.max(1, n * channels);
    double[] moved = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      int image = i / (channels * space);
      moved[(image * space + i % space) * channels + i / space % channels] = values[i];
    }
    return ordered(NdArray.of(device, dtype, moved, shapeInMemory()));
  }

  private long[] shapeInMemory() {
    List<Integer> shape = new ArrayList<>(List.of(n));
    if (!channelsLast) {
      shape.add(channels);
    }
    shape.addAll(size);
    if (channelsLast) {
      shape.add(channels);
    }
    return shape.stream().mapToLong(i -> i).toArray();
  }

  private NdArray ordered(NdArray array) {
    int rank = array.rank();
    int[] order =
        IntStream.range(0, rank).map(i -> i == 0 ? 0 : i == 1 ? rank - 1 : i - 1).toArray();
    return channelsLast ? array.permute(order) : array;
  }
}
