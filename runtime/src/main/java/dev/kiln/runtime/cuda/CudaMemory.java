package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import dev.kiln.runtime.DeviceMemoryException;
import dev.kiln.runtime.cuda.driver.CUmemLocation_st;
import dev.kiln.runtime.cuda.driver.CUmemPoolProps_st;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The memory of a device: taken from a pool of its own in the order of a stream, and given back in
 * stream order, after the work of every stream that may use it.
 *
 * <p>Where the driver has no pools, allocation and release wait for the device instead.
 */
final class CudaMemory {
  /** What a pool keeps rather than give it back to the driver: everything. */
  private static final long KEEP_ALL = -1;

  private final CudaDevice device;
  private final MemoryLedger ledger = new MemoryLedger();
  private final MemorySegment pool;

  /** What is to be freed once no graph is captured. */
  private final List<Freed> waiting = new ArrayList<>();

  private volatile int captures;
  private CudaStream reclaim;

  private record Freed(long address, CudaStream stream, long born) {}

  CudaMemory(CudaDevice device) {
    this.device = device;
    this.pool = device.properties().hasMemoryPools() ? createPool() : null;
  }

  private MemorySegment createPool() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment props = CUmemPoolProps_st.allocate(arena);
      CUmemPoolProps_st.allocType(props, CU_MEM_ALLOCATION_TYPE_PINNED());
      CUmemPoolProps_st.handleTypes(props, CU_MEM_HANDLE_TYPE_NONE());
      MemorySegment location = CUmemPoolProps_st.location(props);
      CUmemLocation_st.type(location, CU_MEM_LOCATION_TYPE_DEVICE());
      CUmemLocation_st.id(location, device.properties().ordinal());
      MemorySegment out = arena.allocate(C_POINTER);
      device.check(cuMemPoolCreate(out, props), "cuMemPoolCreate");
      MemorySegment created = CallMemory.handle(out);
      MemorySegment threshold = arena.allocateFrom(C_LONG_LONG, KEEP_ALL);
      int status = cuMemPoolSetAttribute(created, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD(), threshold);
      if (status != CudaStatus.SUCCESS) {
        cuMemPoolDestroy(created);
      }
      device.check(status, "cuMemPoolSetAttribute");
      return created;
    }
  }

  MemoryLedger ledger() {
    return ledger;
  }

  /** Memory for a buffer, in the order of the current stream. */
  CudaBuffer allocate(long bytes) {
    if (bytes < 0) {
      throw new DeviceMemoryException("a buffer cannot have " + bytes + " bytes");
    }
    CudaStream stream = device.stream();
    long address = take(Math.max(1, bytes), stream, "a buffer");
    CudaGraph.Capture capture = stream.capture();
    CudaBuffer buffer =
        new CudaBuffer(device, address, bytes, stream, capture, null, this::release);
    ledger.took(kind(capture), bytes);
    ledger.add(buffer);
    if (capture != null) {
      capture.allocated(buffer);
    }
    return buffer;
  }

  private static MemoryLedger.Kind kind(CudaGraph.Capture capture) {
    return capture == null ? MemoryLedger.Kind.BUFFERS : MemoryLedger.Kind.GRAPHS;
  }

  /** Scratch memory of one launch, to be given back right behind it. */
  long scratch(long bytes, CudaStream stream) {
    long address = take(bytes, stream, "scratch memory of a launch");
    ledger.took(MemoryLedger.Kind.SCRATCH, bytes);
    return address;
  }

  /** Gives scratch memory back behind the work that its stream has now. */
  void releaseScratch(long address, long bytes, CudaStream stream) {
    ledger.gave(MemoryLedger.Kind.SCRATCH, bytes);
    free(address, stream);
  }

  private long take(long bytes, CudaStream stream, String what) {
    MemorySegment out = CallMemory.take();
    int status = tryTake(out, bytes, stream);
    if (status == CUDA_ERROR_OUT_OF_MEMORY() && stream.capture() == null) {
      // What other streams will free may be enough, or what the pool keeps in pieces too small.
      device.awaitStreams();
      if (pool != null) {
        device.check(cuMemPoolTrimTo(pool, 0), "cuMemPoolTrimTo");
      }
      status = tryTake(out, bytes, stream);
    }
    String call = pool == null ? "cuMemAlloc" : "cuMemAllocFromPoolAsync";
    if (status == CUDA_ERROR_OUT_OF_MEMORY()) {
      throw outOfMemory(bytes, what, call);
    }
    device.check(status, call);
    if (pool != null) {
      stream.worked();
    }
    return CallMemory.number(out);
  }

  private int tryTake(MemorySegment out, long bytes, CudaStream stream) {
    if (pool != null) {
      return cuMemAllocFromPoolAsync(out, bytes, pool, stream.handle);
    }
    stream.requireNotCapturing("taking memory, on a device without memory pools,");
    return cuMemAlloc_v2(out, bytes);
  }

  private DeviceMemoryException outOfMemory(long bytes, String what, String call) {
    CudaException cause = CudaException.of(call, CudaStatus.of(CUDA_ERROR_OUT_OF_MEMORY()));
    return new DeviceMemoryException(
        "%s: not enough memory on '%s', %s, for %s of %s. Kiln holds: %s. %s%s"
            .formatted(
                cause.getMessage(),
                device.name(),
                device.properties().summary(),
                what,
                MemoryLedger.size(bytes),
                ledger.describe(),
                deviceSays(),
                "A smaller batch, gradient checkpointing or a 16-bit dtype take less; nvidia-smi"
                    + " shows other processes"),
        cause);
  }

  private String deviceSays() {
    MemorySegment out = CallMemory.take();
    MemorySegment total = out.asSlice(Long.BYTES);
    if (cuMemGetInfo_v2(out, total) != CudaStatus.SUCCESS) {
      return "";
    }
    String free = MemoryLedger.size(CallMemory.number(out));
    String all = MemoryLedger.size(CallMemory.number(total));
    String reserved = "";
    if (pool != null
        && cuMemPoolGetAttribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT(), out)
            == CudaStatus.SUCCESS) {
      reserved = ", Kiln's pool has " + MemoryLedger.size(CallMemory.number(out));
    }
    return "The device says: %s of %s are free%s; the rest is the context's, modules' and others'. "
        .formatted(free, all, reserved);
  }

  /** What closing a buffer does. */
  private void release(CudaBuffer buffer) {
    CudaGraph.Capture capture = buffer.capture();
    ledger.remove(buffer);
    if (capture != null) {
      if (capture.isActive()) {
        ledger.gave(MemoryLedger.Kind.GRAPHS, buffer.size());
        capture.freed(buffer);
        freeCaptured(buffer, capture);
      }
      return;
    }
    ledger.gave(MemoryLedger.Kind.BUFFERS, buffer.size());
    var freed = new Freed(buffer.address(), buffer.stream(), buffer.born());
    synchronized (this) {
      if (captures > 0) {
        waiting.add(freed);
        return;
      }
    }
    device.releasing(() -> free(freed));
  }

  /** Becomes a node of the graph, behind the work of all streams that take part in its capture. */
  private void freeCaptured(CudaBuffer buffer, CudaGraph.Capture capture) {
    device.releasing(
        () -> {
          for (CudaStream other : device.streams()) {
            if (other.mayWorkSince(buffer.born()) && capture.includes(other)) {
              capture.stream().waitFor(other);
            }
          }
          device.check(cuMemFreeAsync(buffer.address(), capture.stream().handle), "cuMemFreeAsync");
        });
  }

  private void free(Freed freed) {
    boolean isAlone = !freed.stream.isClosed();
    for (CudaStream other : device.streams()) {
      isAlone &= other == freed.stream || !other.mayWorkSince(freed.born);
    }
    if (isAlone) {
      free(freed.address, freed.stream);
      return;
    }
    CudaStream last = reclaim();
    try {
      for (CudaStream other : device.streams()) {
        if (other == freed.stream || other.mayWorkSince(freed.born)) {
          last.waitFor(other);
        }
      }
    } catch (CudaException e) {
      // Nothing orders the release now: it waits for the device instead.
      new ReleaseSteps(device).step(device::awaitStreams).step(() -> free(freed.address, last));
      throw e;
    }
    free(freed.address, last);
  }

  private void free(long address, CudaStream stream) {
    if (pool == null) {
      new ReleaseSteps(device)
          .step(device::awaitStreams)
          .step(() -> device.check(cuMemFree_v2(address), "cuMemFree"))
          .end();
      return;
    }
    device.check(cuMemFreeAsync(address, stream.handle), "cuMemFreeAsync");
    stream.worked();
  }

  /**
   * The stream in which memory is freed that several streams used: none of them has to wait for the
   * others because of that.
   */
  private synchronized CudaStream reclaim() {
    if (reclaim == null) {
      reclaim = device.internalStream();
    }
    return reclaim;
  }

  /** Memory that graphs left behind is freed in the order of a stream. */
  void freeLeft(CudaBuffer buffer, CudaStream stream) {
    ledger.gave(MemoryLedger.Kind.GRAPHS, buffer.size());
    ledger.remove(buffer);
    if (stream != null) {
      free(buffer.address(), stream);
    }
  }

  /** Whether a graph is captured now, by any thread. */
  boolean isCapturing() {
    return captures > 0;
  }

  synchronized void captureBegins() {
    captures++;
  }

  /** Frees what was closed meanwhile. */
  void captureEnds() {
    List<Freed> due = new ArrayList<>();
    synchronized (this) {
      if (--captures == 0) {
        due.addAll(waiting);
        waiting.clear();
      }
    }
    ReleaseSteps steps = new ReleaseSteps(device);
    due.forEach(freed -> steps.step(() -> free(freed)));
    steps.end();
  }

  /** Frees the buffers that nobody has closed: destroying their pool would not. */
  void closeBuffers(ReleaseSteps steps) {
    ledger.buffers().forEach(buffer -> steps.step(buffer::close));
  }

  /** Gives the pool back. */
  void close(ReleaseSteps steps) {
    if (reclaim != null) {
      steps.step(reclaim::destroy);
    }
    if (pool != null) {
      steps.step(() -> device.check(cuMemPoolDestroy(pool), "cuMemPoolDestroy"));
    }
  }

  /** Waits for what was freed behind several streams. */
  synchronized void await() {
    if (reclaim != null) {
      reclaim.await();
    }
  }
}
