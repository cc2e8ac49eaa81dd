package dev.kiln.runtime;

/** Hears of every launch of a device, on the thread that made it. */
@FunctionalInterface
public interface LaunchListener {
  /**
   * A launch has finished.
   *
   * @param nanos time on the device; on devices that run within the call, the time of the call
   */
  void launched(String kernel, Grid grid, long nanos);
}
