package dev.kiln.ops.nn;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.shape.ShapeDevice;
import java.util.Arrays;

/**
 * First values of a parameter. They are drawn on the host from the counters of {@link
 * Context#random}, so a seed gives the same model on every device.
 *
 * <p>Weights have the shape {@code outputs x inputs x taps...}; {@code fan in} is {@code inputs
 * taps}, {@code fan out} is {@code outputs taps}, as in PyTorch.
 */
@FunctionalInterface
public interface Initialization {
  /** Which fan scales the values. */
  enum Fan {
    /** Keeps the variance of the forward pass. */
    IN,
    /** Keeps the variance of the backward pass. */
    OUT;

    double of(long[] shape) {
      requireMatrix(shape);
      long taps = Arrays.stream(shape, 2, shape.length).reduce(1, (a, b) -> a * b);
      return (double) taps * shape[this == IN ? 1 : 0];
    }
  }

  /** The numbers of a tensor of a shape in row-major order. */
  double[] values(Numbers random, long... shape);

  /** Overwrites a tensor. On a device without numbers nothing is drawn. */
  default Tensor fill(Tensor tensor) {
    Context context = tensor.context();
    if (!(context.device() instanceof ShapeDevice)) {
      try (var _ = context.noGrad()) {
        tensor.set(values(new Numbers(context.random()), tensor.shape()));
      }
    }
    return tensor;
  }

  /** A new fp32 tensor. */
  default Tensor make(Context context, long... shape) {
    return fill(context.empty(DType.FP32, shape));
  }

  /** One number everywhere. */
  static Initialization constant(double value) {
    return (random, shape) -> {
      double[] values = new double[size(shape)];
      Arrays.fill(values, value);
      return values;
    };
  }

  /** Zeros. */
  static Initialization zeros() {
    return constant(0);
  }

  /** Even between two numbers. */
  static Initialization uniform(double low, double high) {
    return (random, shape) -> scaled(random.uniform(size(shape)), high - low, low);
  }

  /** Normal. */
  static Initialization normal(double mean, double deviation) {
    return (random, shape) -> scaled(random.normal(size(shape)), deviation, mean);
  }

  /**
   * Normal with what lies beyond the bounds drawn again.
   *
   * @throws KilnException if the bounds leave less than a thousandth of the normal distribution's
   *     bulk: both more than three deviations on one side of the mean
   */
  static Initialization truncatedNormal(double mean, double deviation, double low, double high) {
    double least = (low - mean) / deviation;
    double most = (high - mean) / deviation;
    if (!(least < most) || least > 3 || most < -3) {
      throw new KilnException(
          "truncatedNormal: nothing is left of mean %s, deviation %s between %s and %s"
              .formatted(mean, deviation, low, high));
    }
    return (random, shape) ->
        scaled(random.truncatedNormal(size(shape), least, most), deviation, mean);
  }

  /** Even, variance {@code gain^2 2 / (fan in + fan out)} (Glorot and Bengio, 2010). */
  static Initialization xavierUniform(double gain) {
    return (random, shape) -> {
      double bound = gain * Math.sqrt(6 / (Fan.IN.of(shape) + Fan.OUT.of(shape)));
      return uniform(-bound, bound).values(random, shape);
    };
  }

  /** Normal, variance {@code gain^2 2 / (fan in + fan out)} (Glorot and Bengio, 2010). */
  static Initialization xavierNormal(double gain) {
    return (random, shape) -> {
      double deviation = gain * Math.sqrt(2 / (Fan.IN.of(shape) + Fan.OUT.of(shape)));
      return normal(0, deviation).values(random, shape);
    };
  }

  /** Even, variance {@code gain^2 / fan} (He et al., 2015). */
  static Initialization heUniform(Fan fan, double gain) {
    return (random, shape) -> {
      double bound = gain * Math.sqrt(3 / fan.of(shape));
      return uniform(-bound, bound).values(random, shape);
    };
  }

  /** Normal, variance {@code gain^2 / fan} (He et al., 2015). */
  static Initialization heNormal(Fan fan, double gain) {
    return (random, shape) -> normal(0, gain / Math.sqrt(fan.of(shape))).values(random, shape);
  }

  /**
   * Even between plus and minus {@code 1/sqrt(fan in)}: what PyTorch gives weights of linear layers
   * and convolutions. (It calls that He's with a leaky ReLU of slope {@code sqrt(5)}.)
   */
  static Initialization byFanIn() {
    return heUniform(Fan.IN, 1 / Math.sqrt(3));
  }

  /**
   * Rows, or columns if there are fewer, of length {@code gain} at right angles (Saxe et al.,
   * 2014).
   */
  static Initialization orthogonal(double gain) {
    return new Orthogonal(gain);
  }

  /** The gain behind a ReLU. */
  static double reluGain() {
    return Math.sqrt(2);
  }

  /** The gain behind a leaky ReLU. */
  static double leakyReluGain(double slope) {
    return Math.sqrt(2 / (1 + slope * slope));
  }

  /** The gain behind a tanh. */
  static double tanhGain() {
    return 5.0 / 3;
  }

  private static double[] scaled(double[] values, double scale, double shift) {
    for (int i = 0; i < values.length; i++) {
      values[i] = values[i] * scale + shift;
    }
    return values;
  }

  private static int size(long... shape) {
    return Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
  }

  private static void requireMatrix(long... shape) {
    if (shape.length < 2) {
      throw new KilnException(
          "initialization: fans need outputs x inputs x ..., but the shape is "
              + Arrays.toString(shape));
    }
  }
}
