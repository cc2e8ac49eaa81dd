package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import dev.kiln.runtime.KilnException;
import java.lang.foreign.MemorySegment;

/**
 * A mark in a stream: passed when the work before it has finished. Takes the time. Safe for use by
 * several threads; closing it twice does nothing, and the device closes those that are left.
 */
public final class CudaEvent implements AutoCloseable {
  private final CudaDevice device;
  private final MemorySegment handle;
  private CudaStream stream;
  private boolean closed;

  CudaEvent(CudaDevice device) {
    this.device = device;
    this.handle = EventPool.create(device.faults(), CU_EVENT_DEFAULT());
    device.owned().add(this);
  }

  /** Moves the mark behind the work that a stream has now. */
  public CudaEvent record(CudaStream newStream) {
    use();
    newStream.requireOf(device);
    device.check(cuEventRecord(handle, newStream.handle), "cuEventRecord");
    stream = newStream;
    return this;
  }

  /** Waits until the mark is passed; at once if it was never set. */
  public void synchronize() {
    use();
    device.stream().requireNotCapturing("waiting for an event");
    device.check(cuEventSynchronize(handle), "cuEventSynchronize");
  }

  /** Whether the mark is passed. */
  public boolean isDone() {
    use();
    int status = cuEventQuery(handle);
    if (status == CUDA_ERROR_NOT_READY()) {
      return false;
    }
    device.check(status, "cuEventQuery");
    return true;
  }

  /**
   * The time from another event to this one, in nanoseconds, to half a microsecond. Waits for both.
   *
   * @throws KilnException if one of them was never recorded
   */
  public long nanosSince(CudaEvent start) {
    use();
    start.use();
    if (stream == null || start.stream == null) {
      throw new KilnException("an event that was never recorded has no time");
    }
    start.synchronize();
    synchronize();
    return device.elapsedNanos(start.handle, handle);
  }

  MemorySegment handle() {
    use();
    return handle;
  }

  private synchronized void use() {
    if (closed) {
      throw new KilnException("the event is closed");
    }
    device.enter();
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    device.owned().remove(this);
    device.releasing(() -> device.check(cuEventDestroy_v2(handle), "cuEventDestroy"));
  }
}
