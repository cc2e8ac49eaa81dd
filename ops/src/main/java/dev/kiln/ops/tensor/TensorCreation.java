package dev.kiln.ops.tensor;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.npy.NpyArray;
import dev.kiln.runtime.npy.NpyFile;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * New tensors, in the innermost scope. Random ones take their numbers from {@link Context#random}:
 * the same on every device.
 */
public sealed interface TensorCreation permits Context {
  /** This context. */
  Context self();

  /** Undefined content. */
  default Tensor empty(DType dtype, long... shape) {
    return self().adopt(NdArray.empty(self().device(), dtype, shape));
  }

  default Tensor zeros(DType dtype, long... shape) {
    return self().adopt(NdArray.zeros(self().device(), dtype, shape));
  }

  default Tensor ones(DType dtype, long... shape) {
    return full(dtype, 1, shape);
  }

  /** One number, rounded to the dtype. */
  default Tensor full(DType dtype, double value, long... shape) {
    Tensor tensor = empty(dtype, shape);
    if (tensor.size() > 0) {
      Elementwise.fill(self(), tensor.array(), value);
    }
    return tensor;
  }

  /** fp32; without a shape, of rank 1, but a single number of rank 0. */
  default Tensor of(float[] values, long... shape) {
    return self().adopt(NdArray.of(self().device(), values, shape));
  }

  /** i32; without a shape, of rank 1, but a single number of rank 0. */
  default Tensor of(int[] values, long... shape) {
    return self().adopt(NdArray.of(self().device(), values, shape));
  }

  /** i64; without a shape, of rank 1, but a single number of rank 0. */
  default Tensor of(long[] values, long... shape) {
    return self().adopt(NdArray.of(self().device(), values, shape));
  }

  /**
   * Any dtype, rounded to nearest even; without a shape, of rank 1, but a single number of rank 0.
   */
  default Tensor of(DType dtype, double[] values, long... shape) {
    return self().adopt(NdArray.of(self().device(), dtype, values, shape));
  }

  /** A tensor of rank 0. */
  default Tensor scalar(DType dtype, double value) {
    return full(dtype, value);
  }

  /** 0, 1, .. to {@code count - 1}. */
  default Tensor arange(DType dtype, long count) {
    return arange(dtype, 0, count, 1);
  }

  /** Numbers from {@code start} (inclusive) to {@code end} (exclusive) in steps. */
  default Tensor arange(DType dtype, double start, double end, double step) {
    double steps = (end - start) / step;
    if (!(steps >= 0 && steps <= Integer.MAX_VALUE)) {
      throw new KilnException(
          "arange: steps of %s do not lead from %s to %s%s"
              .formatted(step, start, end, steps > 0 ? " with so few numbers as fit" : ""));
    }
    double[] values = new double[(int) Math.ceil(steps)];
    Arrays.setAll(values, i -> start + i * step);
    return of(dtype, values, values.length);
  }

  /** {@code count} numbers at equal distances, both ends included. */
  default Tensor linspace(DType dtype, double start, double end, int count) {
    double[] values = new double[Axes.count("linspace", count)];
    // From the nearer end, so that both are exact.
    Arrays.setAll(
        values,
        i -> {
          double step = (end - start) / Math.max(1, count - 1);
          return i < (count + 1) / 2 ? start + i * step : end - (count - 1 - i) * step;
        });
    return of(dtype, values, count);
  }

  /** The identity matrix. */
  default Tensor eye(DType dtype, int size) {
    double[] values = new double[Axes.count("eye", size, size)];
    for (int i = 0; i < size; i++) {
      values[i * size + i] = 1;
    }
    return of(dtype, values, size, size);
  }

  /** Evenly distributed from 0 to 1. */
  default Tensor rand(DType dtype, long... shape) {
    return uniform(dtype, 0, 1, shape);
  }

  /** Evenly distributed between two bounds. */
  default Tensor uniform(DType dtype, double low, double high, long... shape) {
    return RandomTensors.uniform(self(), dtype, low, high, shape);
  }

  /** Normally distributed with mean 0 and variance 1. */
  default Tensor randn(DType dtype, long... shape) {
    return RandomTensors.normal(self(), dtype, shape);
  }

  /** 1 with probability {@code p}, otherwise 0. */
  default Tensor bernoulli(DType dtype, double p, long... shape) {
    return RandomTensors.bernoulli(self(), dtype, p, shape);
  }

  /** Whole numbers from {@code low} (inclusive) to {@code high} (exclusive), i64. */
  default Tensor randint(long low, long high, long... shape) {
    return RandomTensors.integers(self(), low, high, shape);
  }

  /**
   * Indices drawn by weights, i64.
   *
   * @param weights a vector, or rows of a matrix: not negative, not all 0; they need not add up to
   *     1
   * @param count how many are drawn of each row
   * @param withReplacement whether an index may be drawn twice
   */
  default Tensor multinomial(Tensor weights, int count, boolean withReplacement) {
    return RandomTensors.multinomial(weights, count, withReplacement);
  }

  /** The numbers from 0 to {@code count - 1} in random order, i64. */
  default Tensor randperm(int count) {
    return RandomTensors.permutation(self(), count);
  }

  /**
   * The content of a {@code .npy} file.
   *
   * @throws KilnException if it cannot be read, is none or is cut short, or has a dtype that
   *     kernels do not have
   */
  default Tensor load(Path file) {
    NpyArray content = NpyFile.read(file);
    NdArray array = NdArray.empty(self().device(), content.dtype(), content.shape());
    array.buffer().copyFrom(MemorySegment.ofArray(content.data()), 0);
    return self().adopt(array).named(file.getFileName().toString());
  }
}
