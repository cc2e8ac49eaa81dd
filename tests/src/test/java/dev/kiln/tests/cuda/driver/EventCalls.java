package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;
import static dev.kiln.tests.cuda.driver.DeviceCalls.require;

/** Events. */
final class EventCalls {
  private final SimulatedDriver driver;

  EventCalls(SimulatedDriver driver) {
    this.driver = driver;
  }

  void addTo(FunctionTable table) {
    table.inContext(
        "cuEventCreate",
        (c, v) -> {
          int flags = v.number(1);
          require((flags & ~(CU_EVENT_BLOCKING_SYNC() | CU_EVENT_DISABLE_TIMING())) == 0, "flags");
          v.requirePointer(0);
          DriverEvent event = new DriverEvent(c, (flags & CU_EVENT_DISABLE_TIMING()) == 0);
          v.put(0, driver.handles().add(event));
        });
    table.inContext(
        "cuEventDestroy_v2", (c, v) -> driver.handles().remove(v.at(0), DriverEvent.class));
    table.inContext("cuEventRecord", this::record);
    table.inContext(
        "cuEventSynchronize",
        (c, v) -> {
          DriverEvent event = waitable(v.at(0));
          driver.complete(c, event.record());
        });
    table.inContext(
        "cuEventQuery",
        (c, v) -> {
          DriverEvent event = waitable(v.at(0));
          driver.requireNoCapture(c, "cuEventQuery");
          new StreamCalls(driver).requireReady(c, event.isDone(), event.query(), event.record());
        });
    table.inContext("cuEventElapsedTime", this::elapsed);
    table.inContext("cuEventElapsedTime_v2", this::elapsed);
  }

  private DriverEvent waitable(long handle) {
    DriverEvent event = driver.handles().get(handle, DriverEvent.class);
    if (event.capture() != null) {
      event.capture().invalidate();
      throw new DriverError(CUDA_ERROR_CAPTURED_EVENT(), "waits for an event of a capture");
    }
    return event;
  }

  private void record(DriverContext context, CallValues values) {
    DriverEvent event = driver.handles().get(values.at(0), DriverEvent.class);
    StreamQueue stream = driver.stream(context, values.at(1));
    if (event.context() != context) {
      throw new DriverError(CUDA_ERROR_INVALID_HANDLE(), "the event is one of another context");
    }
    if (stream.capture() != null) {
      SimulatedDriver.requireValid(stream.capture());
      event.record(stream.capture(), stream.capture().ends(stream));
    } else {
      event.record(driver.enqueue(stream, "recording an event", Work.NOTHING));
    }
  }

  private void elapsed(DriverContext context, CallValues values) {
    DriverEvent start = driver.handles().get(values.at(1), DriverEvent.class);
    DriverEvent end = driver.handles().get(values.at(2), DriverEvent.class);
    for (DriverEvent event : new DriverEvent[] {start, end}) {
      if (!event.isTimed() || event.record() == null) {
        throw new DriverError(
            CUDA_ERROR_INVALID_HANDLE(), "the event has no time, or was not recorded");
      }
    }
    if (!start.isDone() || !end.isDone()) {
      throw new DriverError(CUDA_ERROR_NOT_READY(), "not ready");
    }
    values.putFloat(0, (end.record().nanos() - start.record().nanos()) / 1e6f);
  }
}
