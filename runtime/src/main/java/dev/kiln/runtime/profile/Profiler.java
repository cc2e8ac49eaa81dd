package dev.kiln.runtime.profile;

import dev.kiln.runtime.Device;
import dev.kiln.runtime.DeviceActivity;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.LaunchListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Records what a device does, and what the program does meanwhile:
 *
 * <pre>{@code
 * try (var profiler = Profiler.of(device)) {
 *   try (var _ = profiler.span("forward")) {
 *     ...
 *   }
 *   System.out.print(profiler.recording().summary());
 *   profiler.writeChromeTrace(Path.of("trace.json"));
 * }
 * }</pre>
 *
 * <p>Every launch and every copy is there once, from {@link #of} to {@link #close}, besides what
 * other listeners of the device hear. A record takes some memory for each of them, so record steps,
 * not hours. Thread-safe.
 */
public final class Profiler implements AutoCloseable {
  private final Device device;
  private final Device.Listening listening;
  private final long start = System.nanoTime();
  private final List<Recording.Activity> activities = new ArrayList<>();
  private final List<Recording.HostSpan> spans = new ArrayList<>();
  private final List<Recording.MemorySample> memory = new ArrayList<>();
  private int pauses;

  private Profiler(Device device) {
    this.device = device;
    sample();
    listening = device.listenBeside(new Recorder());
  }

  /** Begins to record. */
  public static Profiler of(Device device) {
    return new Profiler(device);
  }

  /** A stretch of the program's work, until it is closed, by the same thread. */
  public interface Span extends AutoCloseable {
    /** Nothing is recorded. */
    Span NONE = () -> {};

    @Override
    void close();
  }

  /**
   * Begins a stretch of work on the calling thread. Stretches of a thread lie within each other.
   */
  public Span span(String name) {
    Thread thread = Thread.currentThread();
    sample();
    long begin = System.nanoTime();
    return () -> {
      long nanos = System.nanoTime() - begin;
      synchronized (this) {
        spans.add(new Recording.HostSpan(name, thread.threadId(), thread.getName(), begin, nanos));
      }
      sample();
    };
  }

  /**
   * Leaves out what the device does until the result is closed once, such as the warm-up of what is
   * to be recorded.
   */
  public Span pause() {
    device.synchronize();
    synchronized (this) {
      pauses++;
    }
    var isOver = new AtomicBoolean();
    return () -> {
      if (isOver.compareAndSet(false, true)) {
        device.synchronize();
        synchronized (this) {
          pauses--;
        }
      }
    };
  }

  /** Waits for the device, and returns all that is known so far; spans that have ended. */
  public Recording recording() {
    device.synchronize();
    synchronized (this) {
      return new Recording(device.name(), device.model(), start, activities, spans, memory);
    }
  }

  /**
   * Writes {@link #recording} in Chrome's trace format, which Perfetto and chrome://tracing show.
   *
   * @throws dev.kiln.runtime.KilnException if the file cannot be written
   */
  public void writeChromeTrace(Path file) {
    ChromeTrace.write(file, recording());
  }

  /** Ends the recording, which can still be read. */
  @Override
  public void close() {
    device.synchronize();
    listening.close();
  }

  private void sample() {
    long bytes = device.memoryUse().current();
    synchronized (this) {
      boolean changed = memory.isEmpty() || memory.getLast().bytes() != bytes;
      if (changed) {
        memory.add(new Recording.MemorySample(System.nanoTime(), bytes));
      }
    }
  }

  private final class Recorder implements LaunchListener {
    @Override
    public void launched(String kernel, Grid grid, long nanos) {
      heard(new DeviceActivity.KernelRun(kernel, grid, 0, System.nanoTime() - nanos, nanos));
    }

    @Override
    public void heard(DeviceActivity activity) {
      long caller = ranWithinCall() ? Thread.currentThread().threadId() : Recording.UNKNOWN_THREAD;
      synchronized (Profiler.this) {
        if (pauses > 0) {
          return;
        }
        activities.add(new Recording.Activity(activity, caller));
      }
      sample();
    }

    /** A GPU tells of what it did when it has been synchronized, by whomever. */
    private boolean ranWithinCall() {
      return !device.name().startsWith("cuda");
    }
  }
}
