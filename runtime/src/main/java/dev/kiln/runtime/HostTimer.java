package dev.kiln.runtime;

import java.util.Arrays;
import java.util.function.LongSupplier;

/** Times work by a clock of the host: waits for the device before each look at it. */
public final class HostTimer implements DeviceTimer {
  private final Runnable synchronize;
  private final LongSupplier nanoTime;
  private double[] pieces = new double[16];
  private int count;
  private long start;

  /** By {@link System#nanoTime}. */
  public HostTimer(Device device) {
    this(device::synchronize, System::nanoTime);
  }

  /**
   * @param synchronize waits for the work
   * @param nanoTime the clock
   */
  public HostTimer(Runnable synchronize, LongSupplier nanoTime) {
    this.synchronize = synchronize;
    this.nanoTime = nanoTime;
  }

  @Override
  public void begin() {
    synchronize.run();
    start = nanoTime.getAsLong();
  }

  @Override
  public void end() {
    synchronize.run();
    long nanos = nanoTime.getAsLong() - start;
    if (count == pieces.length) {
      pieces = Arrays.copyOf(pieces, 2 * count);
    }
    pieces[count++] = nanos;
  }

  @Override
  public double[] read() {
    double[] read = Arrays.copyOf(pieces, count);
    count = 0;
    return read;
  }
}
