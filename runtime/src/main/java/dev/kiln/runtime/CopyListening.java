package dev.kiln.runtime;

import dev.kiln.runtime.DeviceActivity.Direction;

/**
 * Tells a device's listener of copies that run within the call. Without a listener that is one
 * comparison.
 */
public final class CopyListening {
  private CopyListening() {}

  /** When a copy begins; 0 if nobody listens. */
  public static long begin(Device device) {
    return device.listener() == null ? 0 : System.nanoTime();
  }

  /**
   * A copy has ended.
   *
   * @param start what {@link #begin} gave
   */
  public static void end(Device device, Direction direction, long bytes, long start) {
    LaunchListener hears = start == 0 ? null : device.listener();
    if (hears != null) {
      long nanos = System.nanoTime() - start;
      hears.heard(new DeviceActivity.Copy(direction, bytes, 0, start, nanos));
    }
  }
}
