package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.DeviceMemoryException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Device memory by its addresses, and the pinned memory of the host. */
final class DriverMemory implements AutoCloseable {
  private static final long HOST_ALIGNMENT = 4096;

  /** What pinned memory holds once it was freed: it stays mapped, so that no test ends the JVM. */
  private static final byte FREED = (byte) 0xDD;

  private final NavigableMap<Long, Allocation> allocations = new TreeMap<>();
  private final NavigableMap<Long, HostRange> host = new TreeMap<>();
  private final Arena arena = Arena.ofShared();
  private final Consumer<DriverContext> flush;

  /**
   * @param flush runs what is queued in a context, frees included
   */
  DriverMemory(Consumer<DriverContext> flush) {
    this.flush = flush;
  }

  Allocation allocate(DriverContext context, Allocation.Kind kind, long bytes, MemoryPool pool) {
    if (bytes <= 0) {
      throw new DriverError(CUDA_ERROR_INVALID_VALUE(), "an allocation of " + bytes + " bytes");
    }
    Allocation result = new Allocation(context, kind, take(context, bytes, pool), bytes, pool);
    allocations.put(result.address(), result);
    if (pool != null) {
      pool.took(bytes);
    }
    return result;
  }

  /** What was freed behind work that has not run is in use still. */
  private Buffer take(DriverContext context, long bytes, MemoryPool pool) {
    SimulatedGpu gpu = context.gpu();
    if (available(gpu, pool) < bytes) {
      flush.accept(context);
      gpu.pools().forEach(MemoryPool::settle);
    }
    long available = available(gpu, pool);
    if (available < bytes) {
      throw new DriverError(
          CUDA_ERROR_OUT_OF_MEMORY(),
          "%,d bytes wanted, %,d are there, pools keep %,d"
              .formatted(bytes, available, gpu.kept()));
    }
    try {
      return gpu.device().allocate(bytes);
    } catch (DeviceMemoryException e) {
      throw new DriverError(CUDA_ERROR_OUT_OF_MEMORY(), e.getMessage());
    }
  }

  /** A pool may use what it keeps. */
  private static long available(SimulatedGpu gpu, MemoryPool pool) {
    return gpu.freeBytes() + (pool == null ? 0 : pool.kept());
  }

  /** Makes memory known that somebody else owns. */
  Allocation add(DriverContext context, Allocation.Kind kind, Buffer buffer, long bytes) {
    Allocation result = new Allocation(context, kind, buffer, bytes, null);
    allocations.put(result.address(), result);
    return result;
  }

  /** Takes memory from a GPU for good. */
  void destroy(Allocation allocation) {
    allocations.remove(allocation.address());
    allocation.destroy();
  }

  void forget(Allocation allocation) {
    allocations.remove(allocation.address());
  }

  /** The memory around an address. */
  Optional<Allocation> find(long address) {
    Map.Entry<Long, Allocation> entry = allocations.floorEntry(address);
    return entry == null || !entry.getValue().holds(address, 1)
        ? Optional.empty()
        : Optional.of(entry.getValue());
  }

  /** The memory around a range. */
  Allocation require(long address, long bytes) {
    Allocation found =
        find(address)
            .orElseThrow(
                () ->
                    new DriverError(
                        CUDA_ERROR_INVALID_VALUE(),
                        "0x%x is no memory of a GPU".formatted(address)));
    if (!found.holds(address, bytes)) {
      throw new DriverError(
          CUDA_ERROR_INVALID_VALUE(),
          "%,d bytes at 0x%x exceed %s".formatted(bytes, address, found));
    }
    return found;
  }

  /** Memory that begins at an address, and is the program's to free. */
  Allocation requireHeld(long address) {
    Allocation found = allocations.get(address);
    if (found == null || !found.isHeld()) {
      throw new DriverError(
          CUDA_ERROR_INVALID_VALUE(), "0x%x was not allocated, or was freed".formatted(address));
    }
    return found;
  }

  private static boolean isDeviceMemory(Allocation allocation) {
    return switch (allocation.kind()) {
      case PLAIN, POOLED, GRAPH -> true;
      case VARIABLE, HOST -> false;
    };
  }

  HostRange allocateHost(DriverContext context, long bytes) {
    if (bytes <= 0) {
      throw new DriverError(CUDA_ERROR_INVALID_VALUE(), "pinned memory of " + bytes + " bytes");
    }
    return addHost(new HostRange(context, arena.allocate(bytes, HOST_ALIGNMENT), true));
  }

  HostRange register(DriverContext context, long address, long bytes) {
    if (bytes <= 0) {
      throw new DriverError(CUDA_ERROR_INVALID_VALUE(), "registers " + bytes + " bytes");
    }
    Map.Entry<Long, HostRange> before = host.floorEntry(address + bytes - 1);
    if (before != null && before.getKey() + before.getValue().memory().byteSize() > address) {
      throw new DriverError(
          CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED(), "overlaps " + before.getValue());
    }
    return addHost(new HostRange(context, CallValues.memory(address, bytes), false));
  }

  private HostRange addHost(HostRange range) {
    host.put(range.address(), range);
    return range;
  }

  HostRange requireHost(long address, boolean allocated) {
    HostRange found = host.get(address);
    if (found == null || found.isAllocated() != allocated) {
      throw new DriverError(
          allocated ? CUDA_ERROR_INVALID_VALUE() : CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED(),
          "0x%x is no start of %s host memory"
              .formatted(address, allocated ? "pinned" : "registered"));
    }
    return found;
  }

  /** The pinned memory around an address. */
  Optional<HostRange> findHost(long address) {
    Map.Entry<Long, HostRange> entry = host.floorEntry(address);
    return entry == null || !entry.getValue().holds(address, 1)
        ? Optional.empty()
        : Optional.of(entry.getValue());
  }

  boolean isPinned(HostRange range) {
    return host.get(range.address()) == range;
  }

  void freeHost(HostRange range) {
    host.remove(range.address());
    if (range.mapped() != null) {
      destroy(range.mapped());
    }
    if (range.isAllocated()) {
      range.memory().fill(FREED);
    }
  }

  /** What a context's program has not given back. */
  List<String> heldBy(DriverContext context) {
    List<String> result = new ArrayList<>();
    for (Allocation allocation : allocations.values()) {
      if (allocation.context() == context && allocation.isHeld() && isDeviceMemory(allocation)) {
        result.add(allocation.toString());
      }
    }
    for (HostRange range : host.values()) {
      if (range.context() == context) {
        result.add(range.toString());
      }
    }
    return result;
  }

  /** Gives everything of a context back. */
  void removeAll(DriverContext context) {
    for (HostRange range : List.copyOf(host.values())) {
      if (range.context() == context) {
        freeHost(range);
      }
    }
    for (Allocation allocation : List.copyOf(allocations.values())) {
      if (allocation.context() == context) {
        allocations.remove(allocation.address());
        allocation.destroy();
      }
    }
  }

  /** A native copy of bytes, which lives as long as somebody has it. */
  static MemorySegment copy(MemorySegment source) {
    return Arena.ofAuto()
        .allocate(Math.max(1, source.byteSize()))
        .asSlice(0, source.byteSize())
        .copyFrom(source);
  }

  @Override
  public void close() {
    arena.close();
  }
}
