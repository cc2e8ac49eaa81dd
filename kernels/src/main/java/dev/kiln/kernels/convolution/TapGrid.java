package dev.kiln.kernels.convolution;

import dev.kiln.kernels.launch.KernelCall;

/**
 * Which elements a sum reads. Along each axis, result {@code first + o every} is the sum over
 * {@code t < count} of the taps {@code tapFirst + t tapEvery} times the elements {@code o move +
 * base + t step}.
 */
final class TapGrid {
  private static final ConvolutionAxis MISSING = ConvolutionAxis.DEFAULT;

  final long[] move = new long[Volume.AXES];
  final long[] base = new long[Volume.AXES];
  final long[] step = new long[Volume.AXES];
  final long[] count = new long[Volume.AXES];
  final long[] tapFirst = new long[Volume.AXES];
  final long[] tapEvery = new long[Volume.AXES];
  final long[] first = new long[Volume.AXES];
  final long[] every = new long[Volume.AXES];
  final long[] results = new long[Volume.AXES];

  /** The axis of the options that belongs to one of three. */
  static ConvolutionAxis axis(ConvolutionOptions options, int axis) {
    int missing = Volume.AXES - options.axes().size();
    return axis < missing ? MISSING : options.axes().get(axis - missing);
  }

  /** A convolution: every tap for every result. */
  void forward(ConvolutionOptions options, Volume weights, Volume y) {
    for (int i = 0; i < Volume.AXES; i++) {
      ConvolutionAxis axis = axis(options, i);
      move[i] = axis.stride();
      base[i] = -axis.padding();
      step[i] = axis.dilation();
      count[i] = weights.size[i];
      tapFirst[i] = 0;
      tapEvery[i] = 1;
      first[i] = 0;
      every[i] = 1;
      results[i] = y.size[i];
    }
  }

  /** How many phases the data gradient has along the three axes together. */
  static int phases(ConvolutionOptions options) {
    int phases = 1;
    for (int i = 0; i < Volume.AXES; i++) {
      phases = Math.multiplyExact(phases, axis(options, i).stride());
    }
    return phases;
  }

  /**
   * A part of a data gradient: the elements of {@code x} whose position has a certain remainder by
   * the stride. With stride s, dilation d and padding p, tap k of result o reads {@code o s - p + k
   * d}; so element {@code r + o' s} is read by the taps for which {@code r + p - k d} is a multiple
   * of s: every {@code s / gcd(s, d)}th, if any.
   */
  void dataGradient(ConvolutionOptions options, Volume weights, Volume x, int phase) {
    int rest = phase;
    for (int i = Volume.AXES - 1; i >= 0; i--) {
      ConvolutionAxis axis = axis(options, i);
      long s = axis.stride();
      long r = rest % s;
      rest /= (int) s;
      long period = s / gcd(s, axis.dilation());
      long k = 0;
      while (k < period && (r + axis.padding() - k * axis.dilation()) % s != 0) {
        k++;
      }
      move[i] = 1;
      base[i] = k == period ? 0 : (r + axis.padding() - k * axis.dilation()) / s;
      step[i] = -(period * axis.dilation() / s);
      count[i] = k == period ? 0 : Math.max(0, (weights.size[i] - k + period - 1) / period);
      tapFirst[i] = k;
      tapEvery[i] = period;
      first[i] = r;
      every[i] = s;
      results[i] = Math.max(0, (x.size[i] - r + s - 1) / s);
    }
  }

  long taps() {
    return count[0] * count[1] * count[2];
  }

  /** Results of one image. */
  long pixels() {
    return results[0] * results[1] * results[2];
  }

  /** Least distance from {@code o move} to an element that is read along an axis. */
  long lowest(int axis) {
    return base[axis] + Math.min(0, (count[axis] - 1) * step[axis]);
  }

  /** Greatest distance likewise. */
  long highest(int axis) {
    return base[axis] + Math.max(0, (count[axis] - 1) * step[axis]);
  }

  /** Distance between the first and the last tap along an axis. */
  long span(int axis) {
    return highest(axis) - lowest(axis);
  }

  /** Whether neighbouring results read neighbouring elements, and all results are computed. */
  boolean isUnitStride() {
    boolean isUnit = true;
    for (int i = 0; i < Volume.AXES; i++) {
      isUnit &= move[i] == 1 && every[i] == 1 && first[i] == 0 && tapEvery[i] == 1;
      isUnit &= tapFirst[i] == 0;
    }
    return isUnit;
  }

  long weightStart(Volume weights) {
    return start(tapFirst, weights);
  }

  long resultStart(Volume y) {
    return start(first, y);
  }

  private static long start(long[] from, Volume of) {
    long start = 0;
    for (int i = 0; i < Volume.AXES; i++) {
      start += from[i] * of.stride[i];
    }
    return start;
  }

  /** Passes the distances between taps. */
  void passWeightStrides(KernelCall call, Volume weights) {
    passProducts(call, tapEvery, weights);
  }

  /** Passes the distances between results. */
  void passResultStrides(KernelCall call, Volume y) {
    passProducts(call, every, y);
  }

  private static void passProducts(KernelCall call, long[] factors, Volume of) {
    for (int i = 0; i < Volume.AXES; i++) {
      call.integer(factors[i] * of.stride[i]);
    }
  }

  /** Passes move, base and step. */
  void passMoves(KernelCall call) {
    Volume.pass(call, move);
    Volume.pass(call, base);
    Volume.pass(call, step);
  }

  private static long gcd(long a, long b) {
    return b == 0 ? a : gcd(b, a % b);
  }
}
