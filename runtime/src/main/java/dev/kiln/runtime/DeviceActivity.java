package dev.kiln.runtime;

/** Something that a device did, with its time. */
public sealed interface DeviceActivity {
  /**
   * When it began, on the clock of {@link System#nanoTime}. Devices with a clock of their own
   * convert.
   */
  long start();

  /** How long it took on the device; on devices that run within the call, the time of the call. */
  long nanos();

  /** The queue that it ran in; 0 on devices that have one only. */
  int stream();

  /** A launch of a kernel. */
  record KernelRun(String kernel, Grid grid, int stream, long start, long nanos)
      implements DeviceActivity {}

  /** A copy, or a fill. */
  record Copy(Direction direction, long bytes, int stream, long start, long nanos)
      implements DeviceActivity {}

  /** Where bytes of a copy come from and go to. */
  enum Direction {
    HOST_TO_DEVICE,
    DEVICE_TO_HOST,
    DEVICE_TO_DEVICE,
    FILL
  }
}
