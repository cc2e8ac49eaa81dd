package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.DeviceActivity.Direction;
import dev.kiln.runtime.DeviceMemoryException;
import dev.kiln.runtime.KilnException;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * Memory that a GPU reaches: from the device's pool, of another library, a module's variable, or
 * host memory that was lent to it. Copies and fills are put into the current stream of the calling
 * thread ({@link CudaDevice#stream}).
 *
 * <p>Closing it frees it in stream order: after the work that any stream of the device has at that
 * moment, without waiting for it.
 */
public final class CudaBuffer implements Buffer {
  private final CudaDevice device;
  private final long address;
  private final long size;
  private final CudaStream stream;
  private final CudaGraph.Capture capture;
  private final MemorySegment host;
  private final Consumer<CudaBuffer> release;
  private final CudaBuffer root;
  private final long born;
  private boolean closed;

  /**
   * @param stream in whose order it was allocated; {@code null} for memory of others
   * @param capture the capture whose graph it belongs to, or {@code null}
   * @param host where the host sees it, or {@code null}
   * @param release what closing does
   */
  CudaBuffer(
      CudaDevice device,
      long address,
      long size,
      CudaStream stream,
      CudaGraph.Capture capture,
      MemorySegment host,
      Consumer<CudaBuffer> release) {
    this.device = device;
    this.address = address;
    this.size = size;
    this.stream = stream;
    this.capture = capture;
    this.host = host;
    this.release = release;
    this.root = this;
    this.born = device.now();
  }

  private CudaBuffer(CudaBuffer of, long offset, long size) {
    this.device = of.device;
    this.address = of.address + offset;
    this.size = size;
    this.stream = of.stream;
    this.capture = of.capture;
    this.host = of.host == null ? null : of.host.asSlice(offset, size);
    this.release = null;
    this.root = of.root;
    this.born = of.born;
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
    synchronized (root) {
      return root.closed || device.isClosed() || capture != null && capture.isClosed();
    }
  }

  @Override
  public void copyFrom(MemorySegment source, long offset) {
    require(offset, source.byteSize());
    CudaStream current = device.enterStream();
    if (host != null) {
      current.requireNotCapturing("writing to host memory that was lent to the device");
      current.synchronize();
      host.asSlice(offset, source.byteSize()).copyFrom(source);
    } else {
      device.copies().write(current, address + offset, source);
    }
  }

  @Override
  public void copyTo(MemorySegment target, long offset) {
    require(offset, target.byteSize());
    CudaStream current = device.enterStream();
    current.requireNotCapturing("reading a value to the host");
    if (host != null) {
      current.synchronize();
      target.copyFrom(host.asSlice(offset, target.byteSize()));
    } else {
      device.copies().read(current, address + offset, target);
      device.activities().drain();
    }
  }

  /** All of another buffer; on the device, if it is a GPU's. */
  @Override
  public void copyFrom(Buffer source, long offset) {
    if (source instanceof CudaBuffer other) {
      copyFrom(other, 0, offset, other.size);
    } else {
      Buffer.super.copyFrom(source, offset);
    }
  }

  /**
   * Puts a copy from pinned memory into the current stream and returns at once: the source must
   * keep its content until the event is passed.
   *
   * @return behind the copy; to be closed
   */
  public CudaEvent copyFromAsync(PinnedMemory source, long sourceOffset, long offset, long bytes) {
    require(offset, bytes);
    CudaStream current = device.enterStream();
    MemorySegment from = source.use(current, sourceOffset, bytes);
    device
        .activities()
        .copy(
            Direction.HOST_TO_DEVICE,
            bytes,
            current,
            "cuMemcpyHtoDAsync",
            () -> cuMemcpyHtoDAsync_v2(address + offset, from, bytes, current.handle));
    return current.record();
  }

  /**
   * Puts a copy to pinned memory into the current stream and returns at once: the target has the
   * content when the event is passed.
   *
   * @return behind the copy; to be closed
   */
  public CudaEvent copyToAsync(PinnedMemory target, long targetOffset, long offset, long bytes) {
    require(offset, bytes);
    CudaStream current = device.enterStream();
    MemorySegment to = target.use(current, targetOffset, bytes);
    device
        .activities()
        .copy(
            Direction.DEVICE_TO_HOST,
            bytes,
            current,
            "cuMemcpyDtoHAsync",
            () -> cuMemcpyDtoHAsync_v2(to, address + offset, bytes, current.handle));
    return current.record();
  }

  /**
   * Copies from another buffer, which may be one of another GPU: then after the present work of
   * that device's current stream, whose later work waits for the copy.
   */
  public void copyFrom(CudaBuffer source, long sourceOffset, long offset, long bytes) {
    require(offset, bytes);
    source.require(sourceOffset, bytes);
    if (bytes == 0) {
      device.enter();
      return;
    }
    if (source.device == device) {
      CudaStream current = device.enterStream();
      device
          .activities()
          .copy(
              Direction.DEVICE_TO_DEVICE,
              bytes,
              current,
              "cuMemcpyDtoDAsync",
              () ->
                  cuMemcpyDtoDAsync_v2(
                      address + offset, source.address + sourceOffset, bytes, current.handle));
    } else {
      PeerCopies.copy(
          device, address + offset, source.device, source.address + sourceOffset, bytes);
    }
  }

  /**
   * Copies a rectangle of bytes from a buffer of the same device.
   *
   * @param to where its rows begin here
   * @param from where its rows begin there
   * @param width bytes of a row
   * @param height rows
   */
  public void copy2d(
      Rectangles.Rows to, CudaBuffer source, Rectangles.Rows from, long width, long height) {
    Rectangles.copy(this, to, source, from, width, height);
  }

  /** {@link #copy2d} from pinned memory, which must keep its content until the copy is done. */
  public void copy2dFrom(
      Rectangles.Rows to, PinnedMemory source, Rectangles.Rows from, long width, long height) {
    Rectangles.copyFrom(this, to, source, from, width, height);
  }

  /** {@link #copy2d} to pinned memory, which has the content when the copy is done. */
  public void copy2dTo(
      Rectangles.Rows from, PinnedMemory target, Rectangles.Rows to, long width, long height) {
    Rectangles.copyTo(this, from, target, to, width, height);
  }

  @Override
  public void fill(byte value) {
    require(0, size);
    CudaStream current = device.enterStream();
    if (size > 0) {
      device
          .activities()
          .copy(
              Direction.FILL,
              size,
              current,
              "cuMemsetD8Async",
              () -> cuMemsetD8Async(address, value, size, current.handle));
    }
  }

  /** Sets each 32-bit word; the size must be a multiple of 4. */
  public void fill(int word) {
    if (size % Integer.BYTES != 0) {
      throw new DeviceMemoryException(
          "a buffer of %,d bytes is no number of 32-bit words".formatted(size));
    }
    require(0, size);
    CudaStream current = device.enterStream();
    if (size > 0) {
      device
          .activities()
          .copy(
              Direction.FILL,
              size,
              current,
              "cuMemsetD32Async",
              () -> cuMemsetD32Async(address, word, size / Integer.BYTES, current.handle));
    }
  }

  /**
   * The bytes, if this is host memory that was lent to the device.
   *
   * @throws KilnException if it is the GPU's own memory
   */
  @Override
  public MemorySegment segment() {
    require(0, size);
    if (host == null) {
      throw new KilnException(
          "the memory of '%s' cannot be seen by the host: copy it with copyTo"
              .formatted(device.name()));
    }
    device.synchronize();
    return host;
  }

  @Override
  public Buffer slice(long offset, long length) {
    require(offset, length);
    return new CudaBuffer(this, offset, length);
  }

  @Override
  public void close() {
    if (root != this) {
      return;
    }
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    if (!device.isClosed()) {
      release.accept(this);
    }
  }

  CudaDevice cuda() {
    return device;
  }

  CudaStream stream() {
    return stream;
  }

  CudaGraph.Capture capture() {
    return capture;
  }

  /** The device's tick when it was made. */
  long born() {
    return born;
  }

  /** Fails unless it is open and has these bytes. */
  void require(long offset, long length) {
    if (isClosed()) {
      throw new DeviceMemoryException("the buffer is closed");
    }
    if (offset < 0 || length < 0 || offset > size - length) {
      throw new DeviceMemoryException(
          "bytes %,d to %,d lie outside a buffer of %,d bytes"
              .formatted(offset, offset + length, size));
    }
  }

  @Override
  public String toString() {
    return "%,d bytes at 0x%x on %s".formatted(size, address, device.name());
  }
}
