package dev.kiln.runtime.memory;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.CopyListening;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.DeviceActivity.Direction;
import dev.kiln.runtime.DeviceMemoryException;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/** A buffer in host memory: a range of a slab, a slice of another buffer, or foreign memory. */
public final class HostBuffer implements Buffer {
  private final Device device;
  private final MemorySegment segment;
  private final Consumer<HostBuffer> release;
  private boolean initialised;
  private boolean closed;

  HostBuffer(
      Device device, MemorySegment segment, boolean initialised, Consumer<HostBuffer> release) {
    this.device = device;
    this.segment = segment;
    this.initialised = initialised;
    this.release = release;
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

  /**
   * Whether somebody has written to it: the host, or a kernel to which it was passed. For the
   * sanitizers.
   */
  public boolean isInitialised() {
    return initialised;
  }

  /** Notes that a kernel may have written to it. */
  public void markInitialised() {
    initialised = true;
  }

  @Override
  public void copyFrom(MemorySegment source, long offset) {
    MemorySegment target = range(offset, source.byteSize());
    long start = CopyListening.begin(device);
    initialised = true;
    target.copyFrom(source);
    CopyListening.end(device, Direction.HOST_TO_DEVICE, source.byteSize(), start);
  }

  @Override
  public void copyFrom(Buffer source, long offset) {
    if (source instanceof HostBuffer host) {
      copyFrom(host.range(0, host.size()), offset);
    } else {
      Buffer.super.copyFrom(source, offset);
    }
  }

  @Override
  public void copyTo(MemorySegment target, long offset) {
    MemorySegment source = range(offset, target.byteSize());
    long start = CopyListening.begin(device);
    target.copyFrom(source);
    CopyListening.end(device, Direction.DEVICE_TO_HOST, target.byteSize(), start);
  }

  @Override
  public void fill(byte value) {
    MemorySegment target = range(0, size());
    long start = CopyListening.begin(device);
    initialised = true;
    target.fill(value);
    CopyListening.end(device, Direction.FILL, target.byteSize(), start);
  }

  @Override
  public MemorySegment segment() {
    initialised = true;
    return range(0, size());
  }

  @Override
  public Buffer slice(long offset, long size) {
    MemorySegment part = range(offset, size);
    return new HostBuffer(device, part, true, ignored -> {});
  }

  @Override
  public void close() {
    if (!closed) {
      device.synchronize();
      closed = true;
      release.accept(this);
    }
  }

  private MemorySegment range(long offset, long size) {
    if (closed) {
      throw new DeviceMemoryException("the buffer is closed");
    }
    if (offset < 0 || size < 0 || offset > size() - size) {
      throw new DeviceMemoryException(
          "bytes %,d to %,d lie outside a buffer of %,d bytes"
              .formatted(offset, offset + size, size()));
    }
    device.synchronize();
    return segment.asSlice(offset, size);
  }
}
