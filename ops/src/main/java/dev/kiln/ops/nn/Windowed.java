package dev.kiln.ops.nn;

import java.util.List;

/** A layer whose results each depend on a window of places, for receptive fields. */
public interface Windowed {
  /**
   * A window along an axis of space.
   *
   * @param reach places of the input from the first to the last that a result depends on
   * @param stride places of the input from one result to the next; below 1 where images grow
   */
  record Reach(double reach, double stride) {
    /** Of a convolution or a pooling: {@code dilation (size - 1)}. */
    static Reach of(long size, long stride, long dilation) {
      return new Reach(dilation * (size - 1.0), stride);
    }
  }

  /** One for each axis of space. */
  List<Reach> windows();
}
