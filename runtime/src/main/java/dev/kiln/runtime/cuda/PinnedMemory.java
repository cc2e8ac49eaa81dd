package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import dev.kiln.runtime.DeviceMemoryException;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.Set;

/**
 * Host memory that stays in its place, so that GPUs copy from and to it while the host does other
 * things. Any device may use it. Closing it waits for the copies that use it.
 */
public final class PinnedMemory implements AutoCloseable {
  private final CudaDevice device;
  private final MemorySegment segment;
  private final Set<CudaStream> users = new HashSet<>();
  private boolean closed;

  @SuppressWarnings("restricted") // the driver says where the memory lies, not how large it is
  PinnedMemory(CudaDevice device, long bytes) {
    this.device = device;
    if (bytes < 1) {
      throw new DeviceMemoryException("pinned memory cannot have " + bytes + " bytes");
    }
    MemorySegment out = CallMemory.take();
    int flags = CU_MEMHOSTALLOC_PORTABLE() | CU_MEMHOSTALLOC_DEVICEMAP();
    int status = cuMemHostAlloc(out, bytes, flags);
    if (status == CUDA_ERROR_OUT_OF_MEMORY()) {
      throw new DeviceMemoryException(
          "cuMemHostAlloc: %s: the system does not let %s more be pinned. Kiln holds: %s"
              .formatted(
                  CudaStatus.of(status),
                  MemoryLedger.size(bytes),
                  device.memory().ledger().describe()));
    }
    device.check(status, "cuMemHostAlloc");
    this.segment = CallMemory.handle(out).reinterpret(bytes);
    device.memory().ledger().took(MemoryLedger.Kind.PINNED, bytes);
    device.owned().add(this);
  }

  /** The memory. Nothing keeps it from being used after it was closed, or while copies run. */
  public MemorySegment segment() {
    require(0, 0);
    return segment;
  }

  /** Size in bytes. */
  public long size() {
    return segment.byteSize();
  }

  /** A part of it, which a stream is about to use. */
  synchronized MemorySegment use(CudaStream stream, long offset, long bytes) {
    require(offset, bytes);
    users.add(stream);
    return segment.asSlice(offset, bytes);
  }

  private synchronized void require(long offset, long bytes) {
    if (closed) {
      throw new DeviceMemoryException("the pinned memory is closed");
    }
    if (offset < 0 || bytes < 0 || offset > size() - bytes) {
      throw new DeviceMemoryException(
          "bytes %,d to %,d lie outside pinned memory of %,d bytes"
              .formatted(offset, offset + bytes, size()));
    }
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
    device.memory().ledger().gave(MemoryLedger.Kind.PINNED, size());
    ReleaseSteps steps = new ReleaseSteps(device);
    for (CudaStream user : users) {
      if (!user.isClosed()) {
        steps.step(() -> user.device().releasing(user::await));
      }
    }
    steps.step(() -> device.check(cuMemFreeHost(segment), "cuMemFreeHost")).end();
  }
}
