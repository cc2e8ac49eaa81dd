package dev.kiln.ops.profile;

import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.LaunchListener;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts the launches of a piece of work. */
final class LaunchCount implements LaunchListener {
  private final AtomicInteger launches = new AtomicInteger();

  private LaunchCount() {}

  static int of(Device device, Runnable work) {
    var count = new LaunchCount();
    try (var _ = device.listenBeside(count)) {
      work.run();
      device.synchronize();
    }
    return count.launches.get();
  }

  @Override
  public void launched(String kernel, Grid grid, long nanos) {
    launches.incrementAndGet();
  }
}
