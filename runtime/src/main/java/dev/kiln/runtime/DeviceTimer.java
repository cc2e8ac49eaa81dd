package dev.kiln.runtime;

/**
 * Times pieces of the work that is handed to a device. For one thread; pieces do not overlap.
 *
 * <p>A GPU records an event at each end of a piece, and need not wait between pieces; other devices
 * wait and look at a clock.
 */
public interface DeviceTimer extends AutoCloseable {
  /** A piece begins with the work that follows. */
  void begin();

  /** The piece that was begun last ends with the work before. */
  void end();

  /**
   * Waits until the pieces have been done, and forgets them.
   *
   * @return nanoseconds of each piece since the last call, in order
   */
  double[] read();

  /** Whether the same work always takes the same time, so that one run tells all. */
  default boolean isExact() {
    return false;
  }

  /** Gives back what the timer holds on the device. */
  @Override
  default void close() {}
}
