package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;
import static dev.kiln.tests.cuda.driver.DeviceCalls.require;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Copies and fills. Pageable host memory is read within the call and written before it returns;
 * pinned memory is read and written when the copy runs.
 */
final class CopyCalls {
  private final SimulatedDriver driver;

  /** Where a copy reads or writes a row. */
  private interface Place {
    void read(MemorySegment row, long offset);

    void write(MemorySegment row, long offset);
  }

  /** Bytes of one side of a copy. */
  private record Rows(Place place, long pitch) {}

  CopyCalls(SimulatedDriver driver) {
    this.driver = driver;
  }

  void addTo(FunctionTable table) {
    table.inContext(
        "cuMemcpyHtoDAsync_v2",
        (c, v) -> {
          Allocation to = target(v.at(0), v.at(2));
          copy(c, v.at(3), host(c, v.at(3), v.at(1), v.at(2), true), at(to, v.at(0)), v.at(2));
        });
    table.inContext(
        "cuMemcpyDtoHAsync_v2",
        (c, v) -> {
          Allocation from = target(v.at(1), v.at(2));
          copy(c, v.at(3), at(from, v.at(1)), host(c, v.at(3), v.at(0), v.at(2), false), v.at(2));
          finishPageable(c, v.at(3), v.at(0));
        });
    table.inContext(
        "cuMemcpyDtoDAsync_v2",
        (c, v) -> {
          Allocation to = target(v.at(0), v.at(2));
          Allocation from = target(v.at(1), v.at(2));
          copy(c, v.at(3), at(from, v.at(1)), at(to, v.at(0)), v.at(2));
        });
    table.inContext("cuMemcpyPeerAsync", this::peer);
    table.inContext("cuMemcpy2DAsync_v2", this::rectangle);
    table.inContext(
        "cuMemsetD8Async",
        (c, v) -> fill(c, v, MemorySegment.ofArray(new byte[] {(byte) v.at(1)})));
    table.inContext(
        "cuMemsetD32Async",
        (c, v) -> {
          require(v.at(0) % Integer.BYTES == 0, "the address is no multiple of 4");
          fill(c, v, MemorySegment.ofArray(new int[] {v.number(1)}));
        });
  }

  /** Memory of a GPU that the program holds, or has freed behind work that is yet to run. */
  private Allocation target(long address, long bytes) {
    if (bytes == 0) {
      return null;
    }
    return driver.memory().require(address, bytes);
  }

  private static Place at(Allocation allocation, long address) {
    return new Place() {
      @Override
      public void read(MemorySegment row, long offset) {
        allocation.read(row, address + offset);
      }

      @Override
      public void write(MemorySegment row, long offset) {
        allocation.write(row, address + offset);
      }
    };
  }

  /** Host memory: pinned as it is when the copy runs, pageable as it is now. */
  private Place host(
      DriverContext context, long stream, long address, long bytes, boolean isSource) {
    if (bytes == 0) {
      return null;
    }
    Optional<HostRange> pinned = driver.memory().findHost(address);
    if (pinned.isPresent()) {
      require(pinned.get().holds(address, bytes), "pinned memory ends within the copy");
      return memory(CallValues.memory(address, bytes), pinned.get());
    }
    Capture capture = driver.stream(context, stream).capture();
    if (capture != null) {
      capture.invalidate();
      throw new DriverError(
          CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED(), "a capture copies memory that is not pinned");
    }
    MemorySegment memory = CallValues.memory(address, bytes);
    return memory(isSource ? DriverMemory.copy(memory) : memory, null);
  }

  private Place memory(MemorySegment memory, HostRange pinned) {
    return new Place() {
      @Override
      public void read(MemorySegment row, long offset) {
        requirePinned("read");
        row.copyFrom(memory.asSlice(offset, row.byteSize()));
      }

      @Override
      public void write(MemorySegment row, long offset) {
        requirePinned("written");
        memory.asSlice(offset, row.byteSize()).copyFrom(row);
      }

      private void requirePinned(String what) {
        if (pinned != null && !driver.memory().isPinned(pinned)) {
          throw new DriverError(
              CUDA_ERROR_ILLEGAL_ADDRESS(),
              "%s is %s by a copy that was queued before it was freed".formatted(pinned, what));
        }
      }
    };
  }

  private void copy(DriverContext context, long stream, Place from, Place to, long bytes) {
    copy(context, stream, new Rows(from, 0), new Rows(to, 0), bytes, 1);
  }

  private void copy(
      DriverContext context, long stream, Rows from, Rows to, long width, long height) {
    StreamQueue queue = driver.stream(context, stream);
    if (width == 0 || height == 0) {
      return;
    }
    driver.submit(
        queue,
        "a copy of %,d bytes".formatted(width * height),
        () -> {
          try (Arena arena = Arena.ofConfined()) {
            MemorySegment row = arena.allocate(width);
            for (long y = 0; y < height; y++) {
              from.place().read(row, y * from.pitch());
              to.place().write(row, y * to.pitch());
            }
          }
        });
  }

  /** A copy to pageable memory has been made when the call returns. */
  private void finishPageable(DriverContext context, long stream, long host) {
    StreamQueue queue = driver.stream(context, stream);
    if (queue.capture() == null && driver.memory().findHost(host).isEmpty()) {
      driver.complete(context, queue.last());
    }
  }

  private void peer(DriverContext context, CallValues values) {
    long bytes = values.at(4);
    Allocation to = target(values.at(0), bytes);
    Allocation from = target(values.at(2), bytes);
    DriverContext toContext = driver.handles().get(values.at(1), DriverContext.class);
    DriverContext fromContext = driver.handles().get(values.at(3), DriverContext.class);
    if (bytes > 0) {
      require(to.context() == toContext, "the target is of another context");
      require(from.context() == fromContext, "the source is of another context");
    }
    copy(context, values.at(5), at(from, values.at(2)), at(to, values.at(0)), bytes);
  }

  /** Arguments 0 to 6: the source, 7 to 13: the target, width, height, stream. */
  private void rectangle(DriverContext context, CallValues values) {
    long width = values.at(14);
    long height = values.at(15);
    long stream = values.at(16);
    if (width == 0 || height == 0) {
      return;
    }
    Rows from = side(context, values, 0, width, height, stream, true);
    Rows to = side(context, values, 7, width, height, stream, false);
    copy(context, stream, from, to, width, height);
    if (values.at(9) == CU_MEMORYTYPE_HOST()) {
      finishPageable(context, stream, values.at(10));
    }
  }

  private Rows side(
      DriverContext context,
      CallValues values,
      int first,
      long width,
      long height,
      long stream,
      boolean isSource) {
    long pitch = values.at(first + 6) == 0 ? width : values.at(first + 6);
    require(pitch >= values.at(first) + width, "the pitch is less than a row");
    long offset = values.at(first + 1) * pitch + values.at(first);
    long bytes = (height - 1) * pitch + width;
    int type = values.number(first + 2);
    if (type == CU_MEMORYTYPE_HOST()) {
      long address = values.at(first + 3) + offset;
      return new Rows(host(context, stream, address, bytes, isSource), pitch);
    }
    require(type == CU_MEMORYTYPE_DEVICE(), "memory of type " + type);
    long address = values.at(first + 4) + offset;
    return new Rows(at(target(address, bytes), address), pitch);
  }

  private void fill(DriverContext context, CallValues values, MemorySegment pattern) {
    long address = values.at(0);
    long bytes = Math.multiplyExact(values.at(2), pattern.byteSize());
    Allocation to = target(address, bytes);
    StreamQueue queue = driver.stream(context, values.at(3));
    if (bytes == 0) {
      return;
    }
    driver.submit(
        queue,
        "a fill of %,d bytes".formatted(bytes),
        () -> {
          try (Arena arena = Arena.ofConfined()) {
            MemorySegment all = arena.allocate(bytes);
            if (pattern.byteSize() == 1) {
              all.fill(pattern.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0));
            } else {
              int value = pattern.get(JAVA_INT_UNALIGNED, 0);
              for (long i = 0; i < bytes; i += Integer.BYTES) {
                all.set(JAVA_INT_UNALIGNED, i, value);
              }
            }
            to.write(all, address);
          }
        });
  }
}
