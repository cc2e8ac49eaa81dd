package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;
import static dev.kiln.tests.cuda.driver.DeviceCalls.require;

import dev.kiln.runtime.Buffer;
import java.util.Optional;

/** Memory of GPUs that does not follow the order of streams, and pinned memory. */
final class MemoryCalls {
  private static final int HOST_FLAGS = 0xf;

  private final SimulatedDriver driver;

  MemoryCalls(SimulatedDriver driver) {
    this.driver = driver;
  }

  private DriverMemory memory() {
    return driver.memory();
  }

  void addTo(FunctionTable table) {
    table.inContext("cuMemGetInfo_v2", this::info);
    table.inContext(
        "cuMemAlloc_v2",
        (c, v) -> {
          driver.requireNoCapture(c, "cuMemAlloc");
          v.requirePointer(0);
          v.put(0, memory().allocate(c, Allocation.Kind.PLAIN, v.at(1), null).address());
        });
    table.inContext("cuMemFree_v2", this::free);
    table.inContext(
        "cuMemHostAlloc",
        (c, v) -> {
          driver.requireNoCapture(c, "cuMemHostAlloc");
          require((v.at(2) & ~HOST_FLAGS) == 0, "flags");
          v.requirePointer(0);
          v.put(0, memory().allocateHost(c, v.at(1)).address());
        });
    table.inContext(
        "cuMemFreeHost",
        (c, v) -> {
          driver.requireNoCapture(c, "cuMemFreeHost");
          memory().freeHost(memory().requireHost(v.at(0), true));
        });
    table.inContext(
        "cuMemHostRegister_v2",
        (c, v) -> {
          driver.requireNoCapture(c, "cuMemHostRegister");
          require((v.at(2) & ~HOST_FLAGS) == 0, "flags");
          memory().register(c, v.at(0), v.at(1));
        });
    table.inContext(
        "cuMemHostUnregister", (c, v) -> memory().freeHost(memory().requireHost(v.at(0), false)));
    table.inContext("cuMemHostGetDevicePointer_v2", this::devicePointer);
    table.inContext("cuPointerGetAttribute", this::attribute);
  }

  private void info(DriverContext context, CallValues values) {
    values.put(0, context.gpu().freeBytes());
    values.put(1, context.gpu().bytes());
  }

  /** At once: the real driver may wait for the GPU, but does not say that it will. */
  private void free(DriverContext context, CallValues values) {
    if (values.at(0) == 0) {
      return;
    }
    driver.requireNoCapture(context, "cuMemFree");
    Allocation allocation = memory().requireHeld(values.at(0));
    switch (allocation.kind()) {
      case PLAIN, POOLED -> {
        memory().destroy(allocation);
      }
      case GRAPH -> {
        allocation.hold(false);
        allocation.present(false);
      }
      case VARIABLE, HOST ->
          throw new DriverError(CUDA_ERROR_INVALID_VALUE(), "frees what it did not allocate");
    }
  }

  private void devicePointer(DriverContext context, CallValues values) {
    require(values.at(2) == 0, "flags");
    long host = values.at(1);
    HostRange range =
        memory()
            .findHost(host)
            .orElseThrow(
                () -> new DriverError(CUDA_ERROR_INVALID_VALUE(), "host memory is not pinned"));
    if (range.mapped() == null) {
      Buffer buffer = context.gpu().device().wrap(range.memory());
      range.mapped(memory().add(context, Allocation.Kind.HOST, buffer, range.memory().byteSize()));
    }
    values.put(0, range.mapped().address() + host - range.address());
  }

  private void attribute(DriverContext context, CallValues values) {
    int attribute = values.number(1);
    long address = values.at(2);
    Optional<HostRange> range = memory().findHost(address);
    if (range.isPresent()) {
      hostAttribute(range.get(), attribute, values);
      return;
    }
    Allocation found = memory().require(address, 1);
    require(found.isHeld(), "memory that was freed");
    boolean isHost = found.kind() == Allocation.Kind.HOST;
    if (attribute == CU_POINTER_ATTRIBUTE_CONTEXT()) {
      values.put(0, driver.handles().of(found.context()));
    } else if (attribute == CU_POINTER_ATTRIBUTE_MEMORY_TYPE()) {
      values.putInt(0, isHost ? CU_MEMORYTYPE_HOST() : CU_MEMORYTYPE_DEVICE());
    } else if (attribute == CU_POINTER_ATTRIBUTE_DEVICE_POINTER()) {
      values.put(0, address);
    } else if (attribute == CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL()) {
      values.putInt(0, found.context().gpu().ordinal());
    } else if (attribute == CU_POINTER_ATTRIBUTE_RANGE_START_ADDR()) {
      values.put(0, found.address());
    } else if (attribute == CU_POINTER_ATTRIBUTE_RANGE_SIZE()) {
      values.put(0, found.bytes());
    } else if (attribute == CU_POINTER_ATTRIBUTE_IS_MANAGED()) {
      CallValues.memory(values.at(0), 1).fill((byte) 0);
    } else {
      throw new DriverError(CUDA_ERROR_INVALID_VALUE(), "attribute " + attribute);
    }
  }

  private void hostAttribute(HostRange range, int attribute, CallValues values) {
    if (attribute == CU_POINTER_ATTRIBUTE_CONTEXT()) {
      values.put(0, driver.handles().of(range.context()));
    } else if (attribute == CU_POINTER_ATTRIBUTE_MEMORY_TYPE()) {
      values.putInt(0, CU_MEMORYTYPE_HOST());
    } else if (attribute == CU_POINTER_ATTRIBUTE_HOST_POINTER()) {
      values.put(0, values.at(2));
    } else if (attribute == CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL()) {
      values.putInt(0, range.context().gpu().ordinal());
    } else if (attribute == CU_POINTER_ATTRIBUTE_RANGE_START_ADDR()) {
      values.put(0, range.address());
    } else if (attribute == CU_POINTER_ATTRIBUTE_RANGE_SIZE()) {
      values.put(0, range.memory().byteSize());
    } else if (attribute == CU_POINTER_ATTRIBUTE_IS_MANAGED()) {
      CallValues.memory(values.at(0), 1).fill((byte) 0);
    } else {
      throw new DriverError(CUDA_ERROR_INVALID_VALUE(), "attribute " + attribute);
    }
  }
}
