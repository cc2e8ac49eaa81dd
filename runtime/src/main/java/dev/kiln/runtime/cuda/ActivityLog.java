package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import dev.kiln.runtime.DeviceActivity;
import dev.kiln.runtime.DeviceActivity.Direction;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.LaunchListener;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Times what a device does while somebody listens: a pair of events around each launch and copy,
 * and an event whose time on the host's clock is known, from which the others are counted.
 */
final class ActivityLog {
  /** So many wait for a synchronization before those that are done are told without one. */
  private static final int MANY = 4096;

  /** Times are floats in milliseconds, too coarse far from where they are counted from. */
  private static final long BASE_LASTS_NANOS = 1_000_000_000L;

  private final CudaDevice device;
  private final EventPool events;
  private final Deque<Timed> pending = new ArrayDeque<>();
  private volatile LaunchListener listener;
  private MemorySegment base;
  private long baseNanos;

  /** Something that the device was given to do. */
  private record Timed(MemorySegment start, MemorySegment end, Described described) {}

  private interface Described {
    DeviceActivity at(long start, long nanos);
  }

  /** A call that puts work into a stream; gives its status. */
  interface Queued {
    int call();
  }

  ActivityLog(CudaDevice device) {
    this.device = device;
    this.events = new EventPool(device.faults(), true);
  }

  /** Tells what has been done, then whom to tell from now on. */
  void listen(LaunchListener newListener) {
    drain();
    synchronized (this) {
      if (newListener != null && base == null) {
        base = events.take();
        setBase();
      }
      listener = newListener;
    }
  }

  LaunchListener listener() {
    return listener;
  }

  private void setBase() {
    CudaStream own = device.ownStream();
    device.check(cuEventRecord(base, own.handle), "cuEventRecord");
    device.check(cuEventSynchronize(base), "cuEventSynchronize");
    baseNanos = System.nanoTime();
  }

  /**
   * Whether work of a stream is to be timed; that of captured graphs cannot be, and other streams
   * may take part in a capture.
   */
  private boolean times(CudaStream stream) {
    return listener != null && stream.capture() == null && !device.memory().isCapturing();
  }

  /** The event before work that is to be timed; {@code null} if nobody wants its time. */
  MemorySegment begin(CudaStream stream) {
    return times(stream) ? events.record(stream) : null;
  }

  /** Work has been queued behind what {@link #begin} gave. */
  void launched(MemorySegment begun, CudaStream stream, String kernel, int x, int y, int z) {
    if (begun == null) {
      return;
    }
    Grid grid = new Grid(x, y, z);
    end(
        begun,
        stream,
        (start, nanos) ->
            new DeviceActivity.KernelRun(kernel, grid, stream.number(), start, nanos));
  }

  /** Work was not queued after all. */
  void cancel(MemorySegment begun) {
    if (begun != null) {
      events.give(begun);
    }
  }

  /** Queues a copy, timed if somebody listens. */
  void copy(Direction direction, long bytes, CudaStream stream, String call, Queued copy) {
    MemorySegment begun = begin(stream);
    int status = copy.call();
    stream.worked();
    if (status != CudaStatus.SUCCESS) {
      cancel(begun);
      device.check(status, call);
    }
    if (begun != null) {
      end(
          begun,
          stream,
          (start, nanos) ->
              new DeviceActivity.Copy(direction, bytes, stream.number(), start, nanos));
    }
  }

  private void end(MemorySegment begun, CudaStream stream, Described described) {
    Timed timed = new Timed(begun, events.record(stream), described);
    boolean many;
    synchronized (this) {
      pending.add(timed);
      many = pending.size() > MANY;
    }
    if (many) {
      drain();
    }
  }

  /** Tells the listener what has finished, in the order in which it was queued. */
  void drain() {
    if (listener == null) {
      return;
    }
    List<DeviceActivity> done = new ArrayList<>();
    LaunchListener hears;
    synchronized (this) {
      hears = listener;
      for (Timed next = pending.peek(); next != null && isDone(next); next = pending.peek()) {
        pending.remove();
        long nanos = device.elapsedNanos(next.start, next.end);
        long start = baseNanos + device.elapsedNanos(base, next.start);
        done.add(next.described.at(start, nanos));
        events.give(next.start);
        events.give(next.end);
      }
      if (pending.isEmpty() && System.nanoTime() - baseNanos > BASE_LASTS_NANOS) {
        setBase();
      }
    }
    if (hears != null) {
      done.forEach(hears::heard);
    }
  }

  private boolean isDone(Timed timed) {
    int status = cuEventQuery(timed.end);
    if (status == CUDA_ERROR_NOT_READY()) {
      return false;
    }
    device.check(status, "cuEventQuery");
    return true;
  }

  synchronized void close(ReleaseSteps steps) {
    listener = null;
    for (Timed timed : pending) {
      events.give(timed.start);
      events.give(timed.end);
    }
    pending.clear();
    if (base != null) {
      events.give(base);
      base = null;
    }
    events.close(steps);
  }
}
