package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;
import static dev.kiln.tests.cuda.driver.DeviceCalls.require;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.kiln.tests.cuda.driver.FunctionTable.Need;

/** Memory pools, and memory in the order of streams. */
final class PoolCalls {
  private final SimulatedDriver driver;

  PoolCalls(SimulatedDriver driver) {
    this.driver = driver;
  }

  void addTo(FunctionTable table) {
    table.add(
        Need.INITIALISED,
        "cuDeviceGetDefaultMemPool",
        (c, v) -> {
          requirePools();
          v.put(0, handle(driver.gpu(v.number(1)).defaultPool()));
        });
    table.inContext("cuMemPoolCreate", this::create);
    table.inContext(
        "cuMemPoolDestroy",
        (c, v) -> {
          MemoryPool pool = driver.handles().remove(v.at(0), MemoryPool.class);
          require(pool != pool.gpu().defaultPool(), "a GPU's own pool");
          pool.trim(0);
          pool.gpu().pools().remove(pool);
        });
    table.inContext("cuMemPoolSetAttribute", this::set);
    table.inContext("cuMemPoolGetAttribute", this::get);
    table.inContext("cuMemPoolTrimTo", (c, v) -> pool(v.at(0)).trim(v.at(1)));
    table.inContext("cuMemAllocAsync", (c, v) -> allocate(c, v, c.gpu().defaultPool(), v.at(2)));
    table.inContext("cuMemAllocFromPoolAsync", (c, v) -> allocate(c, v, pool(v.at(2)), v.at(3)));
    table.inContext("cuMemFreeAsync", this::free);
  }

  private long handle(MemoryPool pool) {
    return driver.handles().ofOrAdd(pool);
  }

  private MemoryPool pool(long handle) {
    return driver.handles().get(handle, MemoryPool.class);
  }

  private void requirePools() {
    if (!driver.settings().pools()) {
      throw new DriverError(CUDA_ERROR_NOT_SUPPORTED(), "no memory pools");
    }
  }

  private void create(DriverContext context, CallValues values) {
    requirePools();
    require(values.at(1) == CU_MEM_ALLOCATION_TYPE_PINNED(), "type of allocation");
    require(values.at(2) == CU_MEM_HANDLE_TYPE_NONE(), "type of handle");
    require(values.at(3) == CU_MEM_LOCATION_TYPE_DEVICE(), "type of location");
    SimulatedGpu gpu = driver.gpu(values.number(4));
    values.requirePointer(0);
    values.put(0, driver.handles().add(new MemoryPool(context, gpu)));
  }

  private void set(DriverContext context, CallValues values) {
    MemoryPool pool = pool(values.at(0));
    int attribute = values.number(1);
    if (attribute == CU_MEMPOOL_ATTR_RELEASE_THRESHOLD()) {
      pool.threshold(CallValues.memory(values.at(2), Long.BYTES).get(JAVA_LONG_UNALIGNED, 0));
    } else if (attribute == CU_MEMPOOL_ATTR_USED_MEM_HIGH()) {
      pool.resetUsedHigh();
    } else if (attribute == CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH()) {
      pool.resetReservedHigh();
    } else {
      require(isSwitch(attribute), "attribute " + attribute);
    }
  }

  private static boolean isSwitch(int attribute) {
    return attribute == CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES()
        || attribute == CU_MEMPOOL_ATTR_REUSE_ALLOW_OPPORTUNISTIC()
        || attribute == CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES();
  }

  private void get(DriverContext context, CallValues values) {
    MemoryPool pool = pool(values.at(0));
    int attribute = values.number(1);
    if (isSwitch(attribute)) {
      CallValues.memory(values.at(2), Integer.BYTES).set(JAVA_INT_UNALIGNED, 0, 1);
    } else if (attribute == CU_MEMPOOL_ATTR_RELEASE_THRESHOLD()) {
      values.put(2, pool.threshold());
    } else if (attribute == CU_MEMPOOL_ATTR_USED_MEM_CURRENT()) {
      values.put(2, pool.used());
    } else if (attribute == CU_MEMPOOL_ATTR_USED_MEM_HIGH()) {
      values.put(2, pool.usedHigh());
    } else if (attribute == CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT()) {
      values.put(2, pool.reserved());
    } else if (attribute == CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH()) {
      values.put(2, pool.reservedHigh());
    } else {
      throw new DriverError(CUDA_ERROR_INVALID_VALUE(), "attribute " + attribute);
    }
  }

  private void allocate(DriverContext context, CallValues values, MemoryPool pool, long stream) {
    requirePools();
    values.requirePointer(0);
    StreamQueue queue = driver.stream(context, stream);
    boolean captured = queue.capture() != null;
    Allocation.Kind kind = captured ? Allocation.Kind.GRAPH : Allocation.Kind.POOLED;
    Allocation result =
        driver.memory().allocate(context, kind, values.at(1), captured ? null : pool);
    result.present(false);
    try {
      driver.submit(queue, "an allocation", () -> result.present(true));
    } catch (DriverError e) {
      driver.memory().destroy(result);
      throw e;
    }
    if (captured) {
      queue.capture().memory().add(result);
    }
    values.put(0, result.address());
  }

  private void free(DriverContext context, CallValues values) {
    Allocation freed = driver.memory().requireHeld(values.at(0));
    StreamQueue queue = driver.stream(context, values.at(1));
    switch (freed.kind()) {
      case PLAIN, POOLED -> {
        if (queue.capture() != null) {
          queue.capture().invalidate();
          throw new DriverError(
              CUDA_ERROR_INVALID_VALUE(), "frees what was allocated before the capture");
        }
        driver.submitRelease(
            queue, "the release of " + freed, () -> driver.memory().destroy(freed));
        freed.hold(false);
      }
      case GRAPH -> {
        driver.submitRelease(queue, "the release of " + freed, () -> freed.present(false));
        freed.hold(false);
      }
      case VARIABLE, HOST ->
          throw new DriverError(CUDA_ERROR_INVALID_VALUE(), "frees what it did not allocate");
    }
  }
}
