package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import dev.kiln.runtime.DeviceActivity.Direction;
import dev.kiln.runtime.DeviceMemoryException;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.cuda.driver.CUDA_MEMCPY2D_st;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Copies of rectangles of bytes: rows of one width, at a distance of their own on each side. */
public final class Rectangles {
  private Rectangles() {}

  /**
   * Where the rows of a rectangle lie.
   *
   * @param offset of the first byte of the first row
   * @param pitch bytes from one row to the next; at least the width
   */
  public record Rows(long offset, long pitch) {}

  static void copy(
      CudaBuffer to, Rows toRows, CudaBuffer from, Rows fromRows, long width, long height) {
    if (from.cuda() != to.cuda()) {
      throw new KilnException("rectangles are copied between buffers of one device only");
    }
    to.require(toRows.offset, span(toRows, width, height));
    from.require(fromRows.offset, span(fromRows, width, height));
    run(
        to.cuda(),
        Direction.DEVICE_TO_DEVICE,
        width,
        height,
        (copy, stream) -> {
          device(copy, true, to, toRows);
          device(copy, false, from, fromRows);
        });
  }

  static void copyFrom(
      CudaBuffer to, Rows toRows, PinnedMemory from, Rows fromRows, long width, long height) {
    to.require(toRows.offset, span(toRows, width, height));
    run(
        to.cuda(),
        Direction.HOST_TO_DEVICE,
        width,
        height,
        (copy, stream) -> {
          device(copy, true, to, toRows);
          CUDA_MEMCPY2D_st.srcMemoryType(copy, CU_MEMORYTYPE_HOST());
          CUDA_MEMCPY2D_st.srcHost(
              copy, from.use(stream, fromRows.offset, span(fromRows, width, height)));
          CUDA_MEMCPY2D_st.srcPitch(copy, fromRows.pitch);
        });
  }

  static void copyTo(
      CudaBuffer from, Rows fromRows, PinnedMemory to, Rows toRows, long width, long height) {
    from.require(fromRows.offset, span(fromRows, width, height));
    run(
        from.cuda(),
        Direction.DEVICE_TO_HOST,
        width,
        height,
        (copy, stream) -> {
          device(copy, false, from, fromRows);
          CUDA_MEMCPY2D_st.dstMemoryType(copy, CU_MEMORYTYPE_HOST());
          CUDA_MEMCPY2D_st.dstHost(
              copy, to.use(stream, toRows.offset, span(toRows, width, height)));
          CUDA_MEMCPY2D_st.dstPitch(copy, toRows.pitch);
        });
  }

  private interface Sides {
    void set(MemorySegment copy, CudaStream stream);
  }

  private static void run(
      CudaDevice device, Direction direction, long width, long height, Sides sides) {
    CudaStream stream = device.enterStream();
    if (width == 0 || height == 0) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment copy = CUDA_MEMCPY2D_st.allocate(arena);
      sides.set(copy, stream);
      CUDA_MEMCPY2D_st.WidthInBytes(copy, width);
      CUDA_MEMCPY2D_st.Height(copy, height);
      device
          .activities()
          .copy(
              direction,
              width * height,
              stream,
              "cuMemcpy2DAsync",
              () -> cuMemcpy2DAsync_v2(copy, stream.handle));
    }
  }

  private static void device(MemorySegment copy, boolean isTarget, CudaBuffer buffer, Rows rows) {
    long address = buffer.address() + rows.offset;
    if (isTarget) {
      CUDA_MEMCPY2D_st.dstMemoryType(copy, CU_MEMORYTYPE_DEVICE());
      CUDA_MEMCPY2D_st.dstDevice(copy, address);
      CUDA_MEMCPY2D_st.dstPitch(copy, rows.pitch);
    } else {
      CUDA_MEMCPY2D_st.srcMemoryType(copy, CU_MEMORYTYPE_DEVICE());
      CUDA_MEMCPY2D_st.srcDevice(copy, address);
      CUDA_MEMCPY2D_st.srcPitch(copy, rows.pitch);
    }
  }

  /** Bytes from the first of the first row to the last of the last. */
  private static long span(Rows rows, long width, long height) {
    if (width < 0 || height < 0 || rows.pitch < width) {
      throw new DeviceMemoryException(
          "a rectangle of %,d rows of %,d bytes cannot have a pitch of %,d bytes"
              .formatted(height, width, rows.pitch));
    }
    return height == 0 ? 0 : Math.addExact(Math.multiplyExact(height - 1, rows.pitch), width);
  }
}
