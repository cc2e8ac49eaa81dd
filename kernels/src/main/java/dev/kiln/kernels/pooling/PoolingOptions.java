package dev.kiln.kernels.pooling;

import java.util.Collections;
import java.util.List;

/**
 * Which elements belong to which result.
 *
 * @param windows one for each axis, in the order depth, height, width; none for adaptive pooling,
 *     whose windows follow from the sizes of both arrays: from {@code floor(o n / out)} to {@code
 *     ceil((o + 1) n / out)}
 * @param ceilMode see {@link PoolingWindow#outputSize}
 * @param countsPadding whether an average is taken over padding, too; not over what a window hangs
 *     over with {@code ceilMode}
 * @param divisor what the sum of an average is divided by, above 0; or 0 for the number of elements
 */
public record PoolingOptions(
    List<PoolingWindow> windows, boolean ceilMode, boolean countsPadding, double divisor) {
  /** Adaptive pooling; with results of size 1, pooling of everything. */
  public static final PoolingOptions ADAPTIVE = of(List.of());

  public PoolingOptions {
    windows = List.copyOf(windows);
  }

  /** Windows for each axis; averages over padding, as in PyTorch. */
  public static PoolingOptions of(List<PoolingWindow> windows) {
    return new PoolingOptions(windows, false, true, 0);
  }

  /** The same along every axis. */
  public static PoolingOptions of(int rank, PoolingWindow window) {
    return of(Collections.nCopies(rank, window));
  }

  /** Windows of one size, side by side. */
  public static PoolingOptions of(int rank, int size) {
    return of(rank, PoolingWindow.of(size));
  }

  /** Windows of one size, stride and padding along every axis. */
  public static PoolingOptions of(int rank, int size, int stride, int padding) {
    return of(rank, new PoolingWindow(size, stride, padding, 1));
  }

  public PoolingOptions withCeilMode() {
    return new PoolingOptions(windows, true, countsPadding, divisor);
  }

  /** Averages over the elements of the input alone. */
  public PoolingOptions withoutPadding() {
    return new PoolingOptions(windows, ceilMode, false, divisor);
  }

  public PoolingOptions withDivisor(double newDivisor) {
    return new PoolingOptions(windows, ceilMode, countsPadding, newDivisor);
  }

  boolean isAdaptive() {
    return windows.isEmpty();
  }
}
