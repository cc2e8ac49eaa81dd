package dev.kiln.runtime.sim.memory;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.sim.SimBuffer;
import dev.kiln.runtime.sim.ptx.Space;
import java.lang.foreign.MemorySegment;

/** The memory of a device: buffers for the host, variables of modules. Thread-safe. */
public final class SimMemory implements AutoCloseable {
  private final Device device;
  private final AddressSpace space;
  private int buffers;

  /**
   * @param device what buffers name as theirs; it is asked to synchronise before they are read,
   *     written or closed
   */
  public SimMemory(Device device, AddressSpace space) {
    this.device = device;
    this.space = space;
  }

  /** What kernels see; for {@link dev.kiln.runtime.sim.exec.GridRun}. */
  public AddressSpace space() {
    return space;
  }

  /**
   * A new buffer with undefined content, called "buffer 1", "buffer 2" ... in messages.
   *
   * @throws dev.kiln.runtime.DeviceMemoryException if there is not enough
   */
  public Buffer allocate(long bytes) {
    return new SimBuffer(device, space, space.allocate(nextName(), bytes));
  }

  /** Foreign host memory as a buffer. */
  public Buffer wrap(MemorySegment segment) {
    if (!segment.isNative()) {
      throw new KilnException("memory on the Java heap cannot be a buffer; use Arena.allocate");
    }
    return new SimBuffer(device, space, space.wrap(nextName(), segment));
  }

  /** A variable of a module, all zeros, in GLOBAL or CONST. */
  public Region variable(String name, Space where, long bytes, long alignment) {
    return space.variable(name, where, bytes, alignment);
  }

  public Device.MemoryUse use() {
    return new Device.MemoryUse(space.inUse(), space.peak());
  }

  @Override
  public void close() {
    space.close();
  }

  private synchronized String nextName() {
    buffers++;
    return "buffer " + buffers;
  }
}
