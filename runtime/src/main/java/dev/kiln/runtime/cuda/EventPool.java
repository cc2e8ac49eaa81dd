package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;

/** Events that are used for a moment, of one kind: made when there is none to take. */
final class EventPool {
  private final DeviceFaults faults;
  private final int flags;
  private final Deque<MemorySegment> free = new ArrayDeque<>();

  /**
   * @param timed whether they take times, which costs the device a little
   */
  EventPool(DeviceFaults faults, boolean timed) {
    this.faults = faults;
    this.flags = timed ? CU_EVENT_DEFAULT() : CU_EVENT_DISABLE_TIMING();
  }

  /** An event that is nobody else's until it is given back. */
  synchronized MemorySegment take() {
    MemorySegment known = free.poll();
    return known == null ? create(faults, flags) : known;
  }

  /** An event that marks the end of a stream's work up to now. */
  MemorySegment record(CudaStream stream) {
    MemorySegment event = take();
    int status = cuEventRecord(event, stream.handle);
    if (status != CudaStatus.SUCCESS) {
      give(event);
      faults.check(status, "cuEventRecord");
    }
    return event;
  }

  synchronized void give(MemorySegment event) {
    free.push(event);
  }

  /** Destroys those that were given back. */
  synchronized void close(ReleaseSteps steps) {
    for (MemorySegment event : free) {
      steps.step(() -> faults.check(cuEventDestroy_v2(event), "cuEventDestroy"));
    }
    free.clear();
  }

  static MemorySegment create(DeviceFaults faults, int flags) {
    MemorySegment out = CallMemory.take();
    faults.check(cuEventCreate(out, flags), "cuEventCreate");
    return CallMemory.handle(out);
  }
}
