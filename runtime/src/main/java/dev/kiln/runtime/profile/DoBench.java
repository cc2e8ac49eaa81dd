package dev.kiln.runtime.profile;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.DeviceTimer;
import dev.kiln.runtime.KilnException;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Measures how long something takes on a device, after {@code triton.testing.do_bench}: runs it for
 * a time to warm up and then for a time to be measured, each run with cold caches.
 *
 * <pre>{@code
 * Timing timing = DoBench.on(device).run(() -> launch.launch());
 * System.out.println(timing.median() + " ns");
 * }</pre>
 *
 * <p>What is run must hand its work to the device; it need not wait for it. How many runs there are
 * comes from the time of a few. With a timer that {@link DeviceTimer#isExact is exact} there is
 * one.
 *
 * <p>Mutable; a measurement may be run any number of times. Other work of the machine shows in the
 * times, so measure one thing at a time.
 */
public final class DoBench {
  /** Runs from whose time the number of others is computed. */
  private static final int FEW = 5;

  /** For what takes next to no time: more runs would not make figures better. */
  private static final int MOST = 10_000;

  private static final double NANOS = 1e6;

  private final Device device;
  private Supplier<DeviceTimer> timer;
  private double warmup = 25;
  private double repetitions = 100;
  private Optional<Runs> fixed = Optional.empty();
  private Runnable before = () -> {};
  private Runnable after = () -> {};
  private long flushed;

  private record Runs(int warmup, int timed) {}

  private DoBench(Device device) {
    this.device = device;
    this.timer = device::timer;
    this.flushed = device.cacheBytes();
  }

  /** A measurement of 25 ms of warming up and 100 ms of runs. */
  public static DoBench on(Device device) {
    return new DoBench(device);
  }

  /** Milliseconds of runs that are not measured; there is at least one such run. */
  public DoBench warmup(double millis) {
    warmup = requireTime(millis);
    return this;
  }

  /** Milliseconds of runs that are measured; there is at least one. */
  public DoBench repetitions(double millis) {
    repetitions = requireTime(millis);
    return this;
  }

  private static double requireTime(double millis) {
    if (!(millis >= 0)) {
      throw new KilnException("a measurement takes at least 0 ms, not " + millis);
    }
    return millis;
  }

  /** Fixes the numbers of runs, instead of times. */
  public DoBench runs(int warmupRuns, int timedRuns) {
    if (warmupRuns < 0 || timedRuns < 1) {
      throw new KilnException(
          "a measurement takes at least 0 runs to warm up and one to be timed, not %d and %d"
              .formatted(warmupRuns, timedRuns));
    }
    fixed = Optional.of(new Runs(warmupRuns, timedRuns));
    return this;
  }

  /**
   * What is done before each run and not timed; such as dropping gradients, which {@code do_bench}
   * does by {@code grad_to_none}.
   */
  public DoBench before(Runnable preparation) {
    before = preparation;
    return this;
  }

  /** What is done after each run and not timed, even if the run throws. */
  public DoBench after(Runnable conclusion) {
    after = conclusion;
    return this;
  }

  /**
   * Whether runs begin with cold caches: a buffer of the size of {@link Device#cacheBytes} is
   * written over before each. True at first.
   */
  public DoBench flush(boolean enabled) {
    flushed = enabled ? device.cacheBytes() : 0;
    return this;
  }

  /** Another timer than the device's own. */
  public DoBench timer(Supplier<DeviceTimer> newTimer) {
    timer = newTimer;
    return this;
  }

  /**
   * Measures. What the first run throws, a fault of a kernel for one, comes out as it is.
   *
   * @param work hands one run's work to the device
   */
  public Timing run(Runnable work) {
    try (DeviceTimer clock = timer.get();
        Flush flush = new Flush(device, clock.isExact() ? 0 : flushed)) {
      return new Measurement(clock, flush, work).run();
    }
  }

  /** One call of {@link #run}. */
  private final class Measurement {
    private final DeviceTimer clock;
    private final Flush flush;
    private final Runnable work;

    Measurement(DeviceTimer clock, Flush flush, Runnable work) {
      this.clock = clock;
      this.flush = flush;
      this.work = work;
    }

    Timing run() {
      clock.read();
      if (clock.isExact()) {
        timed();
        return new Timing(clock.read());
      }
      Runs runs = fixed.orElseGet(this::estimate);
      for (int i = 0; i < runs.warmup(); i++) {
        untimed();
      }
      device.synchronize();
      for (int i = 0; i < runs.timed(); i++) {
        timed();
      }
      return new Timing(clock.read());
    }

    /** The first run compiles and loads, so that it tells nothing. */
    private Runs estimate() {
      untimed();
      device.synchronize();
      double nanos = 0;
      int runs = 0;
      while (runs < FEW && nanos <= repetitions * NANOS) {
        clock.begin();
        untimed();
        clock.end();
        nanos += clock.read()[0];
        runs++;
      }
      double each = nanos / runs;
      return new Runs(count(warmup, each), count(repetitions, each));
    }

    private static int count(double millis, double nanosOfRun) {
      return (int) Math.clamp(millis * NANOS / Math.max(1, nanosOfRun), 1, MOST);
    }

    private void untimed() {
      before.run();
      flush.run();
      try {
        work.run();
      } finally {
        after.run();
      }
    }

    private void timed() {
      before.run();
      flush.run();
      try {
        clock.begin();
        work.run();
        clock.end();
      } finally {
        after.run();
      }
    }
  }

  /** Memory that is written over, so that nothing else remains in caches. */
  private static final class Flush implements AutoCloseable {
    private final Buffer buffer;

    Flush(Device device, long bytes) {
      buffer = bytes == 0 ? null : device.allocate(bytes);
    }

    void run() {
      if (buffer != null) {
        buffer.fill((byte) 0);
      }
    }

    @Override
    public void close() {
      if (buffer != null) {
        buffer.close();
      }
    }
  }
}
