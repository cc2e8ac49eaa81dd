package dev.kiln.kernels.pooling;

import dev.kiln.kernels.convolution.Volume;

/**
 * The windows along three axes, of which some may be missing. Adaptive ones are ordinary ones where
 * the sizes divide.
 */
final class WindowGrid {
  final long[] size = new long[Volume.AXES];
  final long[] move = new long[Volume.AXES];
  final long[] pad = new long[Volume.AXES];
  final long[] step = new long[Volume.AXES];

  /** The most windows that cover an element. */
  final long[] covers = new long[Volume.AXES];

  boolean isAdaptive;

  /** Windows over {@code x} for results {@code y}. */
  void of(PoolingOptions options, Volume x, Volume y) {
    isAdaptive = false;
    for (int i = 0; i < Volume.AXES; i++) {
      isAdaptive |= options.isAdaptive() && y.size[i] > 0 && x.size[i] % y.size[i] != 0;
    }
    int missing = Volume.AXES - options.windows().size();
    for (int i = 0; i < Volume.AXES; i++) {
      if (options.isAdaptive()) {
        adaptive(i, x.size[i], y.size[i]);
      } else if (i < missing) {
        axis(i, 1, 1, 0, 1);
      } else {
        PoolingWindow window = options.windows().get(i - missing);
        axis(i, window.size(), window.stride(), window.padding(), window.dilation());
      }
      if (!isAdaptive) {
        covers[i] = (size[i] - 1) * step[i] / move[i] + 1;
      }
      covers[i] = Math.min(covers[i], y.size[i]);
    }
  }

  private void adaptive(int i, long n, long out) {
    if (out == 0 || n == 0) {
      axis(i, 1, 1, 0, 1);
    } else if (isAdaptive) {
      // Of windows that do not divide, at most so many elements, and so many for an element.
      axis(i, n % out == 0 ? n / out : n / out + 2, 1, 0, 1);
      covers[i] = out % n == 0 ? out / n : out / n + 2;
    } else {
      axis(i, n / out, n / out, 0, 1);
    }
  }

  private void axis(int i, long newSize, long newMove, long newPad, long newStep) {
    size[i] = newSize;
    move[i] = newMove;
    pad[i] = newPad;
    step[i] = newStep;
  }
}
