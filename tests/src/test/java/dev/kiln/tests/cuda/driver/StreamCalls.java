package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;
import static dev.kiln.tests.cuda.driver.DeviceCalls.require;

import dev.kiln.runtime.cuda.driver.CUhostFn;
import java.lang.foreign.MemorySegment;

/** Streams. */
final class StreamCalls {
  /** So often work is not ready, to those who ask; then it is run. */
  static final int PATIENCE = 3;

  private final SimulatedDriver driver;

  StreamCalls(SimulatedDriver driver) {
    this.driver = driver;
  }

  void addTo(FunctionTable table) {
    table.inContext("cuStreamCreateWithPriority", this::create);
    table.inContext(
        "cuStreamDestroy_v2",
        (c, v) -> {
          StreamQueue stream = driver.handles().remove(v.at(0), StreamQueue.class);
          if (stream.capture() != null) {
            stream.capture().invalidate();
          }
          stream.destroy();
        });
    table.inContext(
        "cuStreamSynchronize",
        (c, v) -> {
          StreamQueue stream = waitable(c, v.at(0));
          driver.complete(c, stream.last());
        });
    table.inContext(
        "cuStreamQuery",
        (c, v) -> {
          StreamQueue stream = waitable(c, v.at(0));
          requireReady(c, stream.isIdle(), stream.query(), stream.last());
        });
    table.inContext("cuStreamWaitEvent", this::waitEvent);
    table.inContext(
        "cuLaunchHostFunc",
        (c, v) -> {
          MemorySegment function = CallValues.memory(v.at(1), 0);
          MemorySegment data = MemorySegment.ofAddress(v.at(2));
          driver.submit(
              driver.stream(c, v.at(0)),
              "a host function",
              () -> driver.asHostFunction(() -> CUhostFn.invoke(function, data)));
        });
  }

  /** Whoever asks often enough sees the work done: it goes on without anybody waiting. */
  void requireReady(DriverContext context, boolean isDone, int queries, Work work) {
    if (!isDone && queries < PATIENCE) {
      throw new DriverError(CUDA_ERROR_NOT_READY(), "not ready");
    }
    driver.complete(context, work);
  }

  private StreamQueue waitable(DriverContext context, long handle) {
    StreamQueue stream = driver.stream(context, handle);
    if (stream.capture() != null) {
      stream.capture().invalidate();
      throw new DriverError(
          CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED(),
          "waits for " + stream.name() + ", which captures");
    }
    if (stream.isLegacy()) {
      // It waits for the blocking streams: an empty piece of work does.
      driver.enqueue(stream, "nothing", Work.NOTHING);
    }
    return stream;
  }

  private void create(DriverContext context, CallValues values) {
    int flags = values.number(1);
    require((flags & ~CU_STREAM_NON_BLOCKING()) == 0, "flags");
    values.requirePointer(0);
    StreamQueue stream = context.newStream(flags != CU_STREAM_NON_BLOCKING());
    values.put(0, driver.handles().add(stream));
  }

  private void waitEvent(DriverContext context, CallValues values) {
    StreamQueue stream = driver.stream(context, values.at(0));
    DriverEvent event = driver.handles().get(values.at(1), DriverEvent.class);
    require(values.at(2) == CU_EVENT_WAIT_DEFAULT(), "flags");
    if (event.capture() != null) {
      join(stream, event);
    } else if (stream.capture() != null) {
      if (event.record() != null) {
        stream.capture().invalidate();
        throw new DriverError(
            CUDA_ERROR_STREAM_CAPTURE_ISOLATION(),
            stream.name() + ", which captures, waits for work outside of the capture");
      }
    } else if (!event.isDone()) {
      Work work = driver.enqueue(stream, "waiting for an event", Work.NOTHING);
      work.waitFor(event.record());
    }
  }

  private void join(StreamQueue stream, DriverEvent event) {
    if (stream.capture() != null && stream.capture() != event.capture()) {
      stream.capture().invalidate();
      event.capture().invalidate();
      throw new DriverError(CUDA_ERROR_STREAM_CAPTURE_MERGE(), "joins two captures");
    }
    if (stream.isLegacy()) {
      event.capture().invalidate();
      throw new DriverError(
          CUDA_ERROR_STREAM_CAPTURE_IMPLICIT(), "the legacy stream cannot be captured");
    }
    SimulatedDriver.requireValid(event.capture());
    event.capture().join(stream, event.captured());
  }
}
