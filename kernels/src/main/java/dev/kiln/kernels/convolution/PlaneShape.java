package dev.kiln.kernels.convolution;

import dev.kiln.runtime.Device;

/**
 * How rows of pixels lie in {@link Planes}, and how many of them a program takes.
 *
 * @param pitch elements from a row to the next, a power of two
 * @param rows of a program's tile, a power of two
 */
record PlaneShape(int pitch, int rows) {
  private static final int NARROWEST = 16;
  private static final int WIDEST = 512;

  /** Elements of a tile at most. */
  private static final int MOST_PIXELS = 1024;

  /** A tile may reach so far beyond the last row of an image: one part of so many rows. */
  private static final int WASTE = 4;

  /**
   * The shape for the sums of {@code taps} over {@code x}, or null where planes do not fit: on
   * GPUs, with strides, with several groups, in three axes, where channels are neighbours in
   * memory, or in very wide images.
   */
  static PlaneShape of(Device device, Volume x, Volume y, TapGrid taps, int groups) {
    boolean fits =
        !device.target().isGpu()
            && groups == 1
            && x.size[0] == 1
            && y.size[0] == 1
            && taps.count[0] == 1
            && taps.isUnitStride()
            && taps.taps() > 0
            && x.stride[2] == 1
            && (x.second == 1 || x.secondStride != 1)
            && y.stride[2] == 1
            && (y.second == 1 || y.secondStride != 1);
    if (!fits) {
      return null;
    }
    // Zeros behind a row are those before the next one.
    long needed =
        Math.max(
            Math.max(x.size[2] - taps.lowest(2), taps.results[2] + taps.highest(2)),
            Math.max(taps.results[2], taps.span(2)));
    if (needed > WIDEST) {
      return null;
    }
    int pitch = NARROWEST;
    while (pitch < needed) {
      pitch *= 2;
    }
    return new PlaneShape(pitch, rows(taps.results[1], MOST_PIXELS / pitch));
  }

  /** The largest power of two that wastes little. */
  private static int rows(long height, int most) {
    int rows = 1;
    for (int next = 1; next <= most; next *= 2) {
      long beyond = Math.ceilDiv(height, next) * next - height;
      if (beyond * WASTE <= height) {
        rows = next;
      }
    }
    return rows;
  }

  int pixels() {
    return pitch * rows;
  }

  /** Rows of all tiles of an image. */
  long allRows(long height) {
    return Math.ceilDiv(height, rows) * rows;
  }
}
