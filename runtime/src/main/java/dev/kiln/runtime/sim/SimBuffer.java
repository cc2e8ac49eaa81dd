package dev.kiln.runtime.sim;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.CopyListening;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.DeviceActivity.Direction;
import dev.kiln.runtime.DeviceMemoryException;
import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.memory.Region;
import java.lang.foreign.MemorySegment;

/**
 * A buffer in simulated memory. {@link #address} is simulated; {@link #segment} is the host memory
 * behind it, whose bytes count as written from then on.
 */
public final class SimBuffer implements Buffer {
  private final Device device;
  private final AddressSpace space;
  private final Region region;
  private final long start;
  private final long size;
  private final boolean slice;

  /** All of a region. Made by {@link dev.kiln.runtime.sim.memory.SimMemory}. */
  public SimBuffer(Device device, AddressSpace space, Region region) {
    this(device, space, region, 0, region.size(), false);
  }

  private SimBuffer(
      Device device, AddressSpace space, Region region, long start, long size, boolean slice) {
    this.device = device;
    this.space = space;
    this.region = region;
    this.start = start;
    this.size = size;
    this.slice = slice;
  }

  @Override
  public Device device() {
    return device;
  }

  @Override
  public long address() {
    return region.start() + start;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public boolean isClosed() {
    return region.freed();
  }

  /** Its name in messages: "buffer 3". */
  public String name() {
    return region.name();
  }

  @Override
  public void copyFrom(MemorySegment source, long offset) {
    MemorySegment target = range(offset, source.byteSize());
    long began = CopyListening.begin(device);
    region.markWritten(start + offset, source.byteSize());
    target.copyFrom(source);
    CopyListening.end(device, Direction.HOST_TO_DEVICE, source.byteSize(), began);
  }

  @Override
  public void copyTo(MemorySegment target, long offset) {
    MemorySegment source = range(offset, target.byteSize());
    long began = CopyListening.begin(device);
    target.copyFrom(source);
    CopyListening.end(device, Direction.DEVICE_TO_HOST, target.byteSize(), began);
  }

  @Override
  public void fill(byte value) {
    MemorySegment target = range(0, size);
    long began = CopyListening.begin(device);
    region.markWritten(start, size);
    target.fill(value);
    CopyListening.end(device, Direction.FILL, target.byteSize(), began);
  }

  @Override
  public MemorySegment segment() {
    MemorySegment all = range(0, size);
    region.markWritten(start, size);
    return all;
  }

  @Override
  public Buffer slice(long offset, long length) {
    range(offset, length);
    return new SimBuffer(device, space, region, start + offset, length, true);
  }

  /**
   * Hides the memory from kernels, or shows it with undefined content: it keeps its address while
   * it counts as not allocated. For memory that is allocated and freed in the order of a stream.
   */
  public void show(boolean shown) {
    if (region.freed()) {
      throw new DeviceMemoryException("the buffer is closed");
    }
    if (shown) {
      AddressSpace.reset(region);
    }
    space.global().hide(region, !shown);
  }

  @Override
  public void close() {
    if (!slice && !region.freed()) {
      device.synchronize();
      space.free(region, "the host");
    }
  }

  @Override
  public String toString() {
    return region.name();
  }

  private MemorySegment range(long offset, long length) {
    if (region.freed()) {
      throw new DeviceMemoryException("the buffer is closed");
    }
    if (offset < 0 || length < 0 || offset > size - length) {
      throw new DeviceMemoryException(
          "bytes %,d to %,d lie outside a buffer of %,d bytes"
              .formatted(offset, offset + length, size));
    }
    device.synchronize();
    return region.bytes().asSlice(start + offset, length);
  }
}
