package dev.kiln.runtime.shape;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.DeviceMemoryException;
import dev.kiln.runtime.KilnException;
import java.lang.foreign.MemorySegment;

/** A range of addresses with nothing behind. What is written to it is lost. */
final class ShapeBuffer implements Buffer {
  private final ShapeDevice device;
  private final long address;
  private final long size;
  private final boolean isOwner;
  private boolean closed;

  ShapeBuffer(ShapeDevice device, long address, long size, boolean isOwner) {
    this.device = device;
    this.address = address;
    this.size = size;
    this.isOwner = isOwner;
  }

  @Override
  public Device device() {
    return device;
  }

  @Override
  public long address() {
    return address;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public boolean isClosed() {
    return closed;
  }

  @Override
  public void copyFrom(MemorySegment source, long offset) {
    requireRange(offset, source.byteSize());
  }

  @Override
  public void copyTo(MemorySegment target, long offset) {
    throw noNumbers();
  }

  @Override
  public void fill(byte value) {
    requireRange(0, size);
  }

  @Override
  public MemorySegment segment() {
    throw noNumbers();
  }

  @Override
  public Buffer slice(long offset, long length) {
    requireRange(offset, length);
    return new ShapeBuffer(device, address + offset, length, false);
  }

  @Override
  public void close() {
    if (!closed && isOwner) {
      device.released(size);
    }
    closed = true;
  }

  private void requireRange(long offset, long length) {
    if (closed) {
      throw new DeviceMemoryException("the buffer is closed");
    }
    if (offset < 0 || length < 0 || offset > size - length) {
      throw new DeviceMemoryException(
          "bytes %,d to %,d lie outside a buffer of %,d bytes"
              .formatted(offset, offset + length, size));
    }
  }

  private static KilnException noNumbers() {
    return new KilnException("the device 'shapes' keeps no numbers: nothing can be read from it");
  }
}
