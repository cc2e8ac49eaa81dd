package dev.kiln.kernels.launch;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * Memory that a launcher needs between its kernels, such as partial sums. Grows to the largest
 * request and is used again; its content is undefined at each request. Freed by {@link #close}, or
 * with the device.
 */
public final class Workspace implements AutoCloseable {
  private final Device device;
  private NdArray bytes;
  private NdArray last;

  public Workspace(Device device) {
    this.device = device;
  }

  /** A contiguous array, valid until the next request. The same object while requests are equal. */
  public NdArray array(DType dtype, long... shape) {
    boolean same = last != null && last.dtype() == dtype && last.rank() == shape.length;
    for (int axis = 0; same && axis < shape.length; axis++) {
      same = last.dim(axis) == shape[axis];
    }
    return same ? last : other(dtype, shape);
  }

  /** A vector; allocates nothing on the Java heap while requests are equal. */
  public NdArray array(DType dtype, long size) {
    boolean same = last != null && last.dtype() == dtype && last.rank() == 1;
    return same && last.dim(0) == size ? last : other(dtype, size);
  }

  /** A matrix; allocates nothing on the Java heap while requests are equal. */
  public NdArray array(DType dtype, long rows, long columns) {
    boolean same = last != null && last.dtype() == dtype && last.rank() == 2;
    same = same && last.dim(0) == rows && last.dim(1) == columns;
    return same ? last : other(dtype, rows, columns);
  }

  private NdArray other(DType dtype, long... shape) {
    long size = dtype.bytes();
    for (long extent : shape) {
      size = Math.multiplyExact(size, extent);
    }
    if (bytes == null || bytes.size() < size) {
      close();
      bytes = NdArray.empty(device, DType.I8, size);
    }
    last = NdArray.over(bytes.buffer(), dtype, 0, shape);
    return last;
  }

  @Override
  public void close() {
    if (bytes != null) {
      bytes.close();
    }
    bytes = null;
    last = null;
  }
}
