package dev.kiln.kernels.launch;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;

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
    if (last != null && last.dtype() == dtype && Arrays.equals(last.shape(), shape)) {
      return last;
    }
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
