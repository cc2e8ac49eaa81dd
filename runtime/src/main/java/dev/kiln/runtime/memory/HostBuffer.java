package dev.kiln.runtime.memory;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.DeviceMemoryException;
import java.lang.foreign.MemorySegment;

/** A buffer in host memory: a range of a slab, a slice of another buffer, or foreign memory. */
public final class HostBuffer implements Buffer {
  private final Device device;
  private final MemorySegment segment;
  private final Runnable release;
  private boolean closed;

  private HostBuffer(Device device, MemorySegment segment, Runnable release) {
    this.device = device;
    this.segment = segment;
    this.release = release;
  }

  /** A new range of the slab; closing it runs {@code onClose} and then frees the range. */
  public static HostBuffer allocate(Device device, Slab slab, long bytes) {
    long address = slab.allocate(bytes);
    return new HostBuffer(device, slab.slice(address, bytes), () -> slab.free(address));
  }

  /** Memory that somebody else owns. */
  public static HostBuffer wrap(Device device, MemorySegment foreign) {
    return new HostBuffer(device, foreign, () -> {});
  }

  @Override
  public Device device() {
    return device;
  }

  @Override
  public long address() {
    return segment.address();
  }

  @Override
  public long size() {
    return segment.byteSize();
  }

  @Override
  public boolean isClosed() {
    return closed;
  }

  @Override
  public void copyFrom(MemorySegment source, long offset) {
    range(offset, source.byteSize()).copyFrom(source);
  }

  @Override
  public void copyTo(MemorySegment target, long offset) {
    target.copyFrom(range(offset, target.byteSize()));
  }

  @Override
  public void fill(byte value) {
    open().fill(value);
  }

  @Override
  public MemorySegment segment() {
    return open();
  }

  @Override
  public Buffer slice(long offset, long size) {
    return new HostBuffer(device, range(offset, size), () -> {});
  }

  @Override
  public void close() {
    if (!closed) {
      device.synchronize();
      closed = true;
      release.run();
    }
  }

  private MemorySegment open() {
    if (closed) {
      throw new DeviceMemoryException("the buffer is closed");
    }
    return segment;
  }

  private MemorySegment range(long offset, long size) {
    if (offset < 0 || size < 0 || offset > size() - size) {
      throw new DeviceMemoryException(
          "bytes %,d to %,d lie outside a buffer of %,d bytes".formatted(offset, offset + size, size()));
    }
    device.synchronize();
    return open().asSlice(offset, size);
  }
}
