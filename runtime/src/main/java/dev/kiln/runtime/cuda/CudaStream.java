package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import dev.kiln.runtime.KilnException;
import java.lang.foreign.MemorySegment;

/**
 * A queue of a device: what is put into it runs in that order. Work of different streams runs in
 * any order, unless one waits for the other. Safe for use by several threads.
 *
 * <p>A device has a stream of its own, which is used unless {@link CudaDevice#use} says otherwise.
 */
public final class CudaStream implements AutoCloseable {
  final MemorySegment handle;
  private final CudaDevice device;
  private final int number;
  private final int priority;
  private volatile CudaGraph.Capture capture;
  private volatile boolean closed;
  private volatile boolean isShared;

  /** The tick of its last work, and the one up to which its work is known to have finished. */
  private volatile long lastWork;

  private volatile long finished;

  CudaStream(CudaDevice device, int number, int priority) {
    this.device = device;
    this.number = number;
    this.priority = priority;
    MemorySegment out = CallMemory.take();
    device.check(
        cuStreamCreateWithPriority(out, CU_STREAM_NON_BLOCKING(), priority),
        "cuStreamCreateWithPriority");
    this.handle = CallMemory.handle(out);
  }

  public CudaDevice device() {
    return device;
  }

  /** 0 for the device's own, then in the order in which they were made. */
  public int number() {
    return number;
  }

  /** Lower numbers go first; 0 is the lowest priority. */
  public int priority() {
    return priority;
  }

  /**
   * The {@code CUstream}, for other libraries. From then on it counts as having work at all times,
   * since Kiln does not see what others put into it.
   */
  public long address() {
    device.enter();
    isShared = true;
    return handle.address();
  }

  /** Waits until its work has finished, and tells listeners and faults of it. */
  public void synchronize() {
    enter();
    requireNotCapturing("waiting for a stream");
    await();
    device.activities().drain();
  }

  /** Whether its work has finished. */
  public boolean isIdle() {
    enter();
    int status = cuStreamQuery(handle);
    if (status == CUDA_ERROR_NOT_READY()) {
      return false;
    }
    device.check(status, "cuStreamQuery");
    return true;
  }

  /** A new event behind its present work. */
  public CudaEvent record() {
    enter();
    return new CudaEvent(device).record(this);
  }

  /** What is put into this stream from now on runs after an event, of any device. */
  public void waitFor(CudaEvent event) {
    MemorySegment waited = event.handle();
    enter();
    waitFor(waited);
  }

  /** What is put into this stream from now on runs after the present work of another. */
  public void waitFor(CudaStream other) {
    other.enter();
    EventPool events = other.device.orderEvents();
    MemorySegment event = events.record(other);
    try {
      enter();
      waitFor(event);
    } finally {
      events.give(event);
    }
  }

  void waitFor(MemorySegment event) {
    device.check(cuStreamWaitEvent(handle, event, CU_EVENT_WAIT_DEFAULT()), "cuStreamWaitEvent");
    worked();
  }

  /** Waits; the caller has entered the device. */
  void await() {
    long tick = lastWork;
    long mark = device.faults().launches().mark();
    device.check(cuStreamSynchronize(handle), "cuStreamSynchronize");
    finished(tick, mark);
  }

  /** Its work up to a tick has finished without a fault. */
  void finished(long tick, long mark) {
    finished = Math.max(finished, tick);
    device.faults().launches().finished(this, mark);
  }

  /** Notes that work was put into it. */
  void worked() {
    lastWork = device.tick();
  }

  long lastWork() {
    return lastWork;
  }

  /** Whether it may have unfinished work that is younger than a tick. */
  boolean mayWorkSince(long tick) {
    return isShared || lastWork > Math.max(tick, finished);
  }

  /** Whether the work up to a tick is known to have finished. */
  boolean hasFinished(long tick) {
    return finished >= tick;
  }

  /** The capture that this stream began. */
  CudaGraph.Capture capture() {
    return capture;
  }

  void capture(CudaGraph.Capture newCapture) {
    capture = newCapture;
  }

  void requireNotCapturing(String what) {
    if (capture != null) {
      throw new KilnException(
          what
              + " is not possible while a graph is captured: its work only runs when it is"
              + " replayed. Do that before CudaGraph.capture, or after replay");
    }
  }

  void requireOf(CudaDevice wanted) {
    if (device != wanted) {
      throw new KilnException(
          "the stream is one of device '%s', not of '%s'".formatted(device.name(), wanted.name()));
    }
  }

  void enter() {
    if (closed) {
      throw new KilnException("the stream is closed");
    }
    device.enter();
  }

  boolean isClosed() {
    return closed;
  }

  /** Waits for its work and gives it back. The device's own is closed with the device. */
  @Override
  public void close() {
    if (this == device.ownStream()) {
      throw new KilnException("the device's own stream is closed with the device");
    }
    device.forget(this);
    if (!closed) {
      new ReleaseSteps(device).step(this::await).step(this::destroy).end();
    }
  }

  /** Gives it back without waiting. */
  void destroy() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    device.check(cuStreamDestroy_v2(handle), "cuStreamDestroy");
  }

  @Override
  public String toString() {
    return "stream " + number + " of " + device.name();
  }
}
