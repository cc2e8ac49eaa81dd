package dev.kiln.runtime.memory;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.DeviceMemoryException;
import dev.kiln.runtime.KilnException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The memory of a device that lives in host memory: a slab, the buffers cut from it, and foreign
 * memory lent to it. Thread-safe.
 */
public final class HostMemory {
  private final Device device;
  private final Slab slab;

  /** Buffers in use, foreign ones included, by address. Views are not listed. */
  private final TreeMap<Long, HostBuffer> live = new TreeMap<>();

  public HostMemory(Device device, Slab slab) {
    this.device = device;
    this.slab = slab;
  }

  public Slab slab() {
    return slab;
  }

  public Buffer allocate(long bytes) {
    long address = slab.allocate(bytes);
    var buffer = new HostBuffer(device, slab.slice(address, bytes), false, this::releaseSlab);
    add(address, buffer);
    return buffer;
  }

  public Buffer wrap(MemorySegment segment) {
    if (!segment.isNative()) {
      throw new KilnException(
          "memory on the Java heap cannot be used without a copy; use a direct ByteBuffer or an"
              + " Arena");
    }
    var buffer = new HostBuffer(device, segment, true, this::remove);
    add(segment.address(), buffer);
    return buffer;
  }

  /** Whether an address lies in the slab; others are in foreign memory, or nowhere. */
  public boolean isInSlab(long address) {
    long offset = address - slab.base();
    return offset >= 0 && offset <= slab.segment().byteSize();
  }

  /** The buffer in use that holds an address. */
  public synchronized Optional<HostBuffer> bufferAt(long address) {
    Map.Entry<Long, HostBuffer> below = live.floorEntry(address);
    if (below == null || address > below.getKey() + below.getValue().size()) {
      return Optional.empty();
    }
    return Optional.of(below.getValue());
  }

  /** All buffers in use. */
  public synchronized List<HostBuffer> buffers() {
    return List.copyOf(live.values());
  }

  public Device.MemoryUse use() {
    return new Device.MemoryUse(slab.inUse(), slab.peak());
  }

  /** Foreign memory may be lent twice; the first stays listed. */
  private synchronized void add(long address, HostBuffer buffer) {
    live.putIfAbsent(address, buffer);
  }

  private void releaseSlab(HostBuffer buffer) {
    remove(buffer);
    slab.free(buffer.address());
  }

  private synchronized void remove(HostBuffer buffer) {
    live.remove(buffer.address(), buffer);
  }

  /** Fails if the device was closed. */
  public static void requireOpen(boolean closed, Device device) {
    if (closed) {
      throw new DeviceMemoryException("the device '" + device.name() + "' is closed");
    }
  }
}
