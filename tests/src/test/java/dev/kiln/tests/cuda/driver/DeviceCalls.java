package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import dev.kiln.tests.cuda.driver.FunctionTable.Need;
import java.lang.foreign.MemorySegment;

/** The driver itself, GPUs and contexts. */
final class DeviceCalls {
  private static final int LOWEST_PRIORITY = 0;
  private static final int HIGHEST_PRIORITY = -5;

  private final SimulatedDriver driver;

  DeviceCalls(SimulatedDriver driver) {
    this.driver = driver;
  }

  void addTo(FunctionTable table) {
    addDriver(table);
    addDevices(table);
    addContexts(table);
  }

  private void addDriver(FunctionTable table) {
    table.add(
        Need.NOTHING,
        "cuInit",
        (c, v) -> {
          require(v.at(0) == 0, "flags");
          driver.initialise();
        });
    table.add(
        Need.NOTHING, "cuDriverGetVersion", (c, v) -> v.putInt(0, driver.settings().version()));
    table.add(Need.NOTHING, "cuGetErrorName", (c, v) -> text(v, StatusTexts.name(v.number(0))));
    table.add(Need.NOTHING, "cuGetErrorString", (c, v) -> text(v, StatusTexts.words(v.number(0))));
    table.inContext("cuProfilerStart", (c, v) -> {});
    table.inContext("cuProfilerStop", (c, v) -> {});
  }

  private static void text(CallValues values, long text) {
    values.put(1, text);
    require(text != 0, "no such status");
  }

  private void addDevices(FunctionTable table) {
    table.add(Need.INITIALISED, "cuDeviceGetCount", (c, v) -> v.putInt(0, driver.gpus().size()));
    table.add(
        Need.INITIALISED, "cuDeviceGet", (c, v) -> v.putInt(0, driver.gpu(v.number(1)).ordinal()));
    table.add(
        Need.INITIALISED,
        "cuDeviceGetName",
        (c, v) -> CallValues.putText(v.at(0), v.at(1), driver.gpu(v.number(2)).name()));
    table.add(
        Need.INITIALISED,
        "cuDeviceGetPCIBusId",
        (c, v) -> CallValues.putText(v.at(0), v.at(1), driver.gpu(v.number(2)).pciBusId()));
    table.add(Need.INITIALISED, "cuDeviceGetUuid_v2", (c, v) -> uuid(v));
    table.add(
        Need.INITIALISED,
        "cuDeviceTotalMem_v2",
        (c, v) -> v.put(0, driver.gpu(v.number(1)).bytes()));
    table.add(Need.INITIALISED, "cuDeviceGetAttribute", (c, v) -> attribute(v));
    table.add(
        Need.INITIALISED,
        "cuDeviceCanAccessPeer",
        (c, v) -> {
          boolean others = driver.gpu(v.number(1)) != driver.gpu(v.number(2));
          v.putInt(0, others && driver.settings().peers() ? 1 : 0);
        });
  }

  /** 16 bytes, the last of which is the GPU's number. */
  private void uuid(CallValues values) {
    SimulatedGpu gpu = driver.gpu(values.number(2));
    byte[] bytes = new byte[(int) values.at(1)];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (0x4b + i);
    }
    bytes[bytes.length - 1] = (byte) gpu.ordinal();
    MemorySegment.copy(
        MemorySegment.ofArray(bytes),
        0,
        CallValues.memory(values.at(0), bytes.length),
        0,
        bytes.length);
  }

  private void attribute(CallValues values) {
    SimulatedGpu gpu = driver.gpu(values.number(2));
    int number = values.number(1);
    require(number > 0 && number < GpuAttributes.END, "attribute " + number);
    values.putInt(0, GpuAttributes.of(gpu, number, driver.settings()));
  }

  private void addContexts(FunctionTable table) {
    table.add(Need.INITIALISED, "cuDevicePrimaryCtxRetain", (c, v) -> retain(v));
    table.add(Need.INITIALISED, "cuDevicePrimaryCtxRelease_v2", (c, v) -> release(v));
    table.add(
        Need.INITIALISED,
        "cuCtxSetCurrent",
        (c, v) ->
            driver.makeCurrent(
                v.at(0) == 0 ? null : driver.handles().get(v.at(0), DriverContext.class)));
    table.add(
        Need.INITIALISED,
        "cuCtxGetCurrent",
        (c, v) -> {
          DriverContext current = driver.currentContext();
          v.put(0, current == null ? 0 : driver.handles().of(current));
        });
    table.inContext(
        "cuCtxSynchronize",
        (c, v) -> {
          for (StreamQueue stream : c.streams()) {
            if (stream.capture() != null) {
              stream.capture().invalidate();
              throw new DriverError(
                  CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED(), "waits for a stream that is captured");
            }
          }
          driver.completeAll(c);
        });
    table.inContext(
        "cuCtxGetStreamPriorityRange",
        (c, v) -> {
          v.putInt(0, LOWEST_PRIORITY);
          v.putInt(1, HIGHEST_PRIORITY);
        });
    table.inContext("cuCtxEnablePeerAccess", this::enablePeer);
  }

  private void retain(CallValues values) {
    SimulatedGpu gpu = driver.gpu(values.number(1));
    values.requirePointer(0);
    boolean isNew = gpu.holders() == 0;
    DriverContext context = gpu.retain();
    values.put(0, isNew ? driver.handles().add(context) : driver.handles().of(context));
  }

  private void release(CallValues values) {
    SimulatedGpu gpu = driver.gpu(values.number(0));
    if (gpu.holders() == 0) {
      throw new DriverError(CUDA_ERROR_INVALID_CONTEXT(), "nobody holds the context");
    }
    if (gpu.release()) {
      driver.end(gpu.context());
    }
  }

  private void enablePeer(DriverContext context, CallValues values) {
    DriverContext peer = driver.handles().get(values.at(0), DriverContext.class);
    require(values.at(1) == 0, "flags");
    if (!driver.settings().peers() || peer == context) {
      throw new DriverError(CUDA_ERROR_PEER_ACCESS_UNSUPPORTED(), "the GPUs are no peers");
    }
    if (!context.peers().add(peer)) {
      throw new DriverError(CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED(), "twice");
    }
  }

  static void require(boolean holds, String what) {
    if (!holds) {
      throw new DriverError(CUDA_ERROR_INVALID_VALUE(), what);
    }
  }
}
