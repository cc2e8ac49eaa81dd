package dev.kiln.runtime;

/**
 * Hears of what a device did: every launch, and for those that want to know every copy. Devices
 * that run within the call tell at once, on the calling thread; others when they have been
 * synchronized.
 */
@FunctionalInterface
public interface LaunchListener {
  /**
   * A launch has finished.
   *
   * @param nanos time on the device; on devices that run within the call, the time of the call
   */
  void launched(String kernel, Grid grid, long nanos);

  /** The device did something. By default launches are passed on, and copies not heard. */
  default void heard(DeviceActivity activity) {
    switch (activity) {
      case DeviceActivity.KernelRun run -> launched(run.kernel(), run.grid(), run.nanos());
      case DeviceActivity.Copy _ -> {}
    }
  }
}
