package dev.kiln.kernels.pooling;

/**
 * The windows of pooling along one axis.
 *
 * @param size elements of a window, at least 1
 * @param stride distance between windows, at least 1
 * @param padding elements in front of the first and behind the last, at most half of what a window
 *     spans
 * @param dilation distance between elements of a window, at least 1; 1 for averages
 */
public record PoolingWindow(int size, int stride, int padding, int dilation) {
  /** Windows side by side. */
  public static PoolingWindow of(int size) {
    return new PoolingWindow(size, size, 0, 1);
  }

  /** What a window spans, {@code dilation (size - 1) + 1}. */
  long span() {
    return (long) dilation * (size - 1) + 1;
  }

  /**
   * How many windows there are, {@code floor((n + 2 p - d (k - 1) - 1) / s) + 1}; 0 or less if not
   * even one fits.
   *
   * @param n length of the input
   * @param ceilMode whether a window may hang over the end, so that the quotient is rounded up; it
   *     still starts within the input or the padding in front
   */
  public long outputSize(long n, boolean ceilMode) {
    long moves = n + 2L * padding - span();
    if (!ceilMode) {
      return Math.floorDiv(moves, stride) + 1;
    }
    long count = Math.ceilDiv(moves, stride) + 1;
    return (count - 1) * stride >= n + padding ? count - 1 : count;
  }
}
